"""Tells where the cause of a failure is: in the code, the test, a dependency or the environment."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from codegen.environment_signs import environment_sign
from core.artifacts.failure import FailureClass, Frame

Verdict = tuple[FailureClass, str]
"""A class, and why, in a sentence."""

_PROGRAM = re.compile(r"(?m)(?:^|: )(?:\d+: )?(?P<name>[\w@./-]+): (?:command )?not found\s*$")
_MODULE = re.compile(
    r"No module named '(?P<python>[\w.]+)'"
    r"|(?:Cannot find (?:package|module)|failed to resolve import|Could not resolve|"
    r"Failed to resolve import|Can't resolve) ['\"](?P<npm>[^'\"]+)['\"]"
    r"|(?:no required module provides package|cannot find module providing package|"
    r"package) (?P<go>[\w./-]+)(?=;|:| is not in)"
)
_NAME = re.compile(
    r"cannot import name '(?P<python>\w+)' from (?:partially initialized module )?"
    r"'(?P<module>[\w.]+)'"
    r"|(?:requested )?[Mm]odule ['\"]+(?P<path>[^'\"]+)['\"]+ (?:does not provide an export named|"
    r"has no exported member|has no default export)(?: ['\"](?P<npm>\w+)['\"])?"
    r"|['\"](?P<bundled>\w+)['\"] is not exported by ['\"](?P<file>[^'\"]+)['\"]"
)
_SYNTAX = frozenset({"SyntaxError", "IndentationError", "TabError"})
_UNDEFINED = re.compile(r"name '\w+' is not defined|\w+ is not defined|^undefined: \w+")
_INTERFACE = re.compile(
    r"is not a function|is not a constructor|has no attribute|unexpected keyword argument"
    r"|positional argument|not callable|Cannot read properties|undefined \(type"
    r"|not enough arguments in call|too many arguments in call"
)
_ASSERTIONS = ("AssertionError", "AssertionFailedError")
_ASSERTED = re.compile(r"\bexpect\(|^assert |^Expected|expected .+ to ", re.MULTILINE)
_ASSERTS = re.compile(r"\A(?:expect\(|assert |Expected|expected .+ to )")
_NOT_HELD = "An assertion of the test about the code does not hold."
_TIMED_OUT = re.compile(r"(?i)timed out|timeout of|exceeded timeout|did not end in time")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a failure before it is classified.

    Attributes:
        error: type of the error.
        message: what it says.
        account: all of the runner's words.
        frames: the stack inside the repository, the place where it broke last.
        test_path: the file of the test, where it is known.
        known: every path of the repository.
        module: import path of the Go module, where there is one.
    """

    error: str
    message: str
    account: str
    frames: tuple[Frame, ...]
    test_path: str
    known: Collection[str]
    module: str = ""


def classify(evidence: Evidence) -> Verdict:
    """Class of a failure, by the first rule that knows it; without one it is the code's."""
    for rule in _RULES:
        if verdict := rule(evidence):
            return verdict
    if place := _place(evidence):
        return FailureClass.CODE, f"The error was raised in {place}."
    return FailureClass.CODE, "Nothing points to the test, a dependency or the environment."


def is_test_file(path: str) -> bool:
    """Whether a path is that of tests or of what only tests use."""
    parts = PurePosixPath(path).parts
    name = parts[-1] if parts else ""
    return any(
        folder in {"tests", "test", "__tests__", "e2e", "spec"} for folder in parts[:-1]
    ) or bool(
        re.fullmatch(r"test_.*\.py|.*_test\.(?:py|go)|conftest\.py|.*\.(?:test|spec)\.\w+", name)
    )


def _missing_program(evidence: Evidence) -> Verdict | None:
    if match := _PROGRAM.search(evidence.message):
        reason = f"The program {match['name']!r} is not installed, so no package declares it."
        return FailureClass.DEPENDENCY, reason
    return None


def _missing_module(evidence: Evidence) -> Verdict | None:
    match = _MODULE.search(evidence.message)
    if match is None:
        return None
    name = match["python"] or match["npm"] or match["go"]
    if _is_own(name, evidence):
        return FailureClass.CODE, f"It imports {name!r}, which the repository should hold itself."
    return FailureClass.DEPENDENCY, f"It imports {name!r}, which is not installed."


def _missing_name(evidence: Evidence) -> Verdict | None:
    match = _NAME.search(evidence.message)
    if match is None:
        return None
    name = match["python"] or match["npm"] or match["bundled"] or "default"
    source = match["module"] or match["path"] or match["file"]
    if _is_own(source, evidence):
        return FailureClass.CODE, f"It imports {name!r} from {source!r}, which does not export it."
    reason = f"It imports {name!r} from {source!r}, which the installed version does not export."
    return FailureClass.DEPENDENCY, reason


def _environment(evidence: Evidence) -> Verdict | None:
    reason = environment_sign(
        evidence.error, evidence.message, evidence.account, foreign=_is_foreign(evidence)
    )
    return (FailureClass.ENVIRONMENT, reason) if reason else None


def _is_foreign(evidence: Evidence) -> bool:
    """Whether what is said is not the repository's: a package's error, or an installer's words."""
    module, dot, _ = evidence.error.partition(".")
    if dot:
        return not _is_own(module, evidence)
    return not (evidence.error or evidence.known)


def _broken_test(evidence: Evidence) -> Verdict | None:
    if match := re.search(r"fixture '(\w+)' not found", evidence.message):
        return (
            FailureClass.TEST,
            f"The test asks for the fixture {match[1]!r}, which nobody defines.",
        )
    if "No test ran" in evidence.message:
        return FailureClass.TEST, "The runner found no test that it could run."
    place = _innermost(evidence)
    in_test = place is not None and is_test_file(place)
    if evidence.error in _SYNTAX:
        where = place or "a file"
        if in_test:
            return FailureClass.TEST, f"The test file {where} does not parse."
        return FailureClass.CODE, f"{where} does not parse."
    if in_test and (match := _UNDEFINED.search(evidence.message)):
        return FailureClass.TEST, f"The test itself uses a name it does not have: {match[0]}."
    return None


def _assertion(evidence: Evidence) -> Verdict | None:
    """What a test asserts is about the code, whatever words are compared."""
    name = evidence.error.rpartition(".")[2]
    if name in _ASSERTIONS or (name in {"", "Error"} and _ASSERTS.search(evidence.message)):
        return FailureClass.CODE, _NOT_HELD
    return None


def _unexpected(evidence: Evidence) -> Verdict | None:
    if evidence.error in {"", "Error"} and _ASSERTED.search(evidence.message):
        return FailureClass.CODE, _NOT_HELD
    if not evidence.error and evidence.test_path.endswith("_test.go"):
        return FailureClass.CODE, "The test reports what it did not expect of the code."
    if _TIMED_OUT.search(evidence.message):
        return FailureClass.CODE, "It waits for something that does not happen in time."
    return None


def _only_test(evidence: Evidence) -> Verdict | None:
    """An error that a test raises alone, and not because of how it calls the code."""
    own = [frame.path for frame in evidence.frames]
    if not own or not all(is_test_file(path) for path in own) or not evidence.error:
        return None
    if _INTERFACE.search(evidence.message):
        reason = "The test uses the code in a way the code does not offer."
        return FailureClass.CODE, reason
    return FailureClass.TEST, f"Only the test's own file {own[-1]} is in the stack."


_RULES: tuple[Callable[[Evidence], Verdict | None], ...] = (
    _assertion,
    _missing_program,
    _missing_module,
    _missing_name,
    _environment,
    _broken_test,
    _unexpected,
    _only_test,
)


def _innermost(evidence: Evidence) -> str | None:
    if evidence.frames:
        return evidence.frames[-1].path
    return evidence.test_path or None


def _place(evidence: Evidence) -> str:
    if not evidence.frames:
        return ""
    frame = evidence.frames[-1]
    return f"{frame.path}, line {frame.line}"


def _is_own(name: str, evidence: Evidence) -> bool:
    """Whether an import names something of the repository, which need not exist."""
    if name.startswith((".", "/", "@/", "~/", "$lib", "#")):
        return True
    if evidence.module and (name == evidence.module or name.startswith(f"{evidence.module}/")):
        return True
    folder, slash, _ = name.partition("/")
    if slash:  # a file by its path from the root; packages with a path have no ending
        own = any(path.startswith(f"{folder}/") for path in evidence.known)
        return own and bool(PurePosixPath(name).suffix)
    top = name.partition(".")[0]
    return any(_is_python_module(path, top) for path in evidence.known)


def _is_python_module(path: str, name: str) -> bool:
    """Whether a file is the module of this name, in whatever folder, or in its package."""
    return f"/{path}".endswith(f"/{name}.py") or (
        path.endswith(".py") and f"/{name}/" in f"/{path}"
    )
