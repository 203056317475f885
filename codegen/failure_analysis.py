"""Says of each failed test what broke, where, and whose fault it is."""

from collections.abc import Collection, Iterable

from codegen.failure_classes import Evidence, classify, is_test_file
from codegen.failure_message import digest, error_of, signature_of, timeless
from codegen.runners.accounts import Ecosystem
from codegen.runners.frames import mentioned_files, read_frames
from codegen.runners.results import StepResult
from codegen.tracebacks import shortened
from core.artifacts.failure import Failure, FailureClass
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import Step

_BAD = (TestOutcome.FAILED, TestOutcome.ERROR)


def analyse(result: StepResult, known: Collection[str]) -> tuple[Failure, ...]:
    """The failures of one step, in the order of its test cases.

    A test that failed only because tests inside of it did is left out, as those say why.

    Args:
        result: what the step showed.
        known: every path of the repository; only these files can be involved.
    """
    paths = frozenset(known)
    failed = [case for case in result.cases if case.outcome in _BAD]
    names = [case.name for case in failed]
    return tuple(
        _analyse_case(result.step, case, paths)
        for case in failed
        if case.message or not any(name.startswith(f"{case.name}::") for name in names)
    )


def run_signature(failures: Iterable[Failure]) -> str:
    """Signature of all failures of a run together, whatever their order; equal when they are."""
    return digest("\n".join(sorted({failure.signature for failure in failures})))


def install_failure(said: str, ecosystem: Ecosystem) -> Failure:
    """The failure of an install phase, which is the dependencies' unless a network was missing.

    Args:
        said: the installer's words.
        ecosystem: whose packages it installs.
    """
    message = timeless(said.strip())
    evidence = Evidence("", message, message, (), "", ())
    failure_class, reason = classify(evidence)
    if failure_class is not FailureClass.ENVIRONMENT:
        failure_class = FailureClass.DEPENDENCY
        reason = "The declared dependencies could not be installed."
    return Failure(
        step="install",
        test=f"install of {ecosystem} packages",
        message=message,
        failure_class=failure_class,
        reasons=(reason,),
        signature=signature_of(("install", ecosystem), message, None),
        account=shortened(message),
    )


def _analyse_case(step: Step, case: TestCaseResult, known: frozenset[str]) -> Failure:
    account = case.message
    error, message = error_of(account, step.ecosystem)
    frames = read_frames(account, known=known, folder=step.folder, ecosystem=step.ecosystem)
    evidence = Evidence(error, message, account, frames, case.path, known, step.module)
    failure_class, reason = classify(evidence)
    place = frames[-1] if frames else None
    importer = place.path if place else case.path
    mentioned = mentioned_files(account, known=known, folder=step.folder, importer=importer)
    candidates = [*(frame.path for frame in reversed(frames)), *mentioned, case.path]
    files = tuple(dict.fromkeys(path for path in candidates if path in known))
    return Failure(
        step=step.name,
        test=case.name,
        test_path=case.path,
        error=error,
        message=message,
        frames=frames,
        files=files,
        failure_class=failure_class,
        reasons=(reason, *_further(files, failure_class)),
        signature=signature_of((step.name, case.name, case.path, error), message, place),
        account=account,
    )


def _further(files: tuple[str, ...], failure_class: FailureClass) -> tuple[str, ...]:
    """What the files involved add to the verdict."""
    code = [path for path in files if not is_test_file(path)]
    if failure_class is not FailureClass.CODE or not files:
        return ()
    if code:
        return (f"Files of the code involved: {', '.join(code[:5])}.",)
    return ("No file of the code is named: look at what the test imports.",)
