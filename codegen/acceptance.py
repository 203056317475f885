"""Holds a test run against the plan: an acceptance test that did not run has shown nothing."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from codegen.failure_message import signature_of
from core.artifacts.failure import Failure, FailureClass
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.artifacts.structure import PlannedTest

_SHOWN = 10
_NAME_CHARACTERS = 160

_Run = tuple[str, str, bool]
"""Full dotted name of a test that the results name, its parameters, and whether it ran."""


def hold_to_plan(report: TestReport, planned: Sequence[PlannedTest]) -> TestReport:
    """The report, red when a planned test is missing from its cases or was skipped.

    A report without cases stays as it is, unless it is green: it already says why nothing ran.

    Args:
        report: how the run went.
        planned: the acceptance tests of the validated structure.

    Returns:
        The report with the first of these tests added to its reason.
    """
    if not report.cases and report.status != "green":
        return report
    unmet = unmet_tests(planned, report.cases)
    if not unmet:
        return report
    total = len({(test.path, test.case) for test in planned})
    more = f"; and {len(unmet) - _SHOWN} more" if len(unmet) > _SHOWN else ""
    reason = (
        f"{len(unmet)} of {total} planned acceptance tests did not run: "
        f"{'; '.join(unmet[:_SHOWN])}{more}."
    )
    return report.model_copy(
        update={"status": "red", "reason": f"{report.reason} {reason}".lstrip()}
    )


def unmet_tests(planned: Iterable[PlannedTest], cases: Iterable[TestCaseResult]) -> list[str]:
    """Planned tests without a case that ran, each with what became of it, in the plan's order.

    A case stands for a planned test of its file and name, whatever class it is in. Of a test with
    parameters (`name[x]`) one case that ran is enough: the others are of the same test. Whether a
    case passed is not asked here.
    """
    return [label for _, label in _unmet(planned, cases)]


def plan_failures(
    planned: Iterable[PlannedTest], cases: Iterable[TestCaseResult], known: Iterable[Failure]
) -> tuple[Failure, ...]:
    """A failure for each planned test without a case that ran, where nothing known explains it.

    Args:
        planned: the acceptance tests of the validated structure.
        cases: all that there are.
        known: what failed besides; a test file involved in it has its explanation.
    """
    explained = {path for failure in known for path in (failure.test_path, *failure.files)}
    return tuple(
        _plan_failure(test, label)
        for test, label in _unmet(planned, cases)
        if test.path not in explained
    )


def _plan_failure(test: PlannedTest, label: str) -> Failure:
    message = f"The planned acceptance test {label}."
    return Failure(
        step="acceptance tests",
        test=test.case,
        test_path=test.path,
        message=message,
        files=(test.path,),
        failure_class=FailureClass.TEST,
        reasons=("A requirement without its test is not shown to be met.",),
        signature=signature_of(("acceptance tests", test.path, test.case), message, None),
        account=message,
    )


def _unmet(
    planned: Iterable[PlannedTest], cases: Iterable[TestCaseResult]
) -> Iterator[tuple[PlannedTest, str]]:
    """Planned tests without a case that ran, and what became of each."""
    runs = _runs_by_function(cases)
    tests: dict[tuple[str, str], PlannedTest] = {}
    for test in planned:
        tests.setdefault((test.path, test.case), test)
    for (path, name), test in tests.items():
        wanted, parameters = _dotted(name, path)
        module = _module(path)
        ran = [
            did_run
            for full_name, given, did_run in runs[_function(wanted)]
            if full_name.startswith(f"{module}.")
            and full_name.endswith(f".{wanted}")
            and parameters in ("", given)
        ]
        if not any(ran):
            label = " ".join(f"{path}::{name}".split())
            if len(label) > _NAME_CHARACTERS:
                label = f"{label[: _NAME_CHARACTERS - 1]}…"
            yield test, f"{label} {'was skipped' if ran else 'is missing'}"


def _runs_by_function(cases: Iterable[TestCaseResult]) -> defaultdict[str, list[_Run]]:
    runs: defaultdict[str, list[_Run]] = defaultdict(list)
    for case in cases:
        name, parameters = _dotted(case.name, case.path)
        did_run = case.outcome is not TestOutcome.SKIPPED
        # A test inherited from a class of another file has that file as its path, and the module
        # it was collected in within its name.
        for full_name in (f"{_module(case.path)}.{name}", name):
            runs[_function(name)].append((full_name, parameters, did_run))
    return runs


def _dotted(name: str, path: str) -> tuple[str, str]:
    """A test's name with its groups as Python spells classes, and pytest's parameters apart."""
    if path.endswith(".go"):
        # Go runs the subtest `TestA/of x` as `TestA/of_x`, which reports name `TestA::of_x`.
        name = "_".join(name.split()).replace("/", "::")
    bare, bracket, parameters = name, "", ""
    if not path or path.endswith(".py"):  # a title of a script may be about `/tasks/[id]`
        bare, bracket, parameters = name.partition("[")
    # Python reads identifiers in this form, and so does the runner.
    return unicodedata.normalize("NFKC", bare).replace("::", "."), bracket + parameters


def _function(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
