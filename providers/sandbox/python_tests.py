"""Runs the tests of a generated Python repository in a sandbox and reports how they went."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path

from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.errors import InputError, UnreadableResultsError
from core.printable import stable_text
from core.settings import SandboxLimits
from providers.sandbox.environment import (
    INSIDE,
    InstallFailure,
    PythonEnvironment,
    PythonEnvironments,
)
from providers.sandbox.requirements import read_requirements
from providers.sandbox.sandbox import (
    RESULT_PATH,
    TEMPORARY_FOLDER,
    WORK_FOLDER,
    Ending,
    Sandbox,
    SandboxRun,
)

RUNNER = "pytest"

ResultsReader = Callable[[bytes, Mapping[str, str]], tuple[TestCaseResult, ...]]
"""Reads a JUnit XML document, given what to write instead of certain absolute folders.

It raises `UnreadableResultsError`; `codegen.test_results.read_junit` is one.
"""

_TEST_FILES = ("test_*.py", "*_test.py")
_PATHS = {WORK_FOLDER: "", sys.base_prefix: "<python>"}

_ENDINGS: dict[Ending, str] = {
    "timeout": "The tests did not end within {limits.seconds:g} s.",
    "memory": "The tests took more than {limits.memory_mb} MiB of memory.",
    "disk": "The tests made too many files.",
    "output": "The tests printed without end.",
}


async def run_python_tests(
    tree: Path,
    *,
    sandbox: Sandbox,
    environments: PythonEnvironments,
    limits: SandboxLimits,
    read_results: ResultsReader,
) -> TestReport:
    """Run a repository's tests with pytest, with what its `pyproject.toml` requires installed.

    Nothing of the repository runs outside the sandbox, and the tree is not written to. What keeps
    the tests from running, or from ending well, is a report that says so; only our own machinery's
    failure is raised.

    Args:
        tree: the repository's working tree.
        sandbox: where its code may run.
        environments: where its dependencies are installed.
        limits: bounds of the install and of the run.
        read_results: reads what pytest wrote.

    Raises:
        SandboxError: the sandbox or the installer failed, as against what ran in them.
    """
    if reason := await sandbox.usable():
        return _not_run(f"No sandbox works on this machine, so nothing was run: {reason}.")
    if not await asyncio.to_thread(_has_tests, tree):
        return _not_run("The repository has no tests: no test_*.py file in a tests folder.")
    try:
        requirements = await asyncio.to_thread(read_requirements, tree)
    except InputError as error:
        return _not_run(f"The dependencies cannot be told: {error}.")
    environment = await environments.prepare(requirements, seconds=limits.install_seconds)
    if isinstance(environment, InstallFailure):
        return _not_run(f"The dependencies could not be installed: {environment.reason}")
    run = await sandbox.run(
        _command(environment),
        folder=tree,
        environment=_variables(tree),
        limits=limits,
        read_only=environment.mounts,
    )
    return _report(run, sandbox.name, limits, read_results)


def _has_tests(tree: Path) -> bool:
    return any(
        fnmatch(name, pattern)
        for _, _, names in os.walk(tree / "tests", followlinks=False)
        for name in names
        for pattern in _TEST_FILES
    )


def _command(environment: PythonEnvironment) -> tuple[str, ...]:
    return (
        *(environment.python, "-m", RUNNER, "--color=no", "--tb=short", "-p", "no:cacheprovider"),
        "--continue-on-collection-errors",  # one bad file must not hide what the others say
        # This older form of the document names each case's file.
        *(f"--junitxml={RESULT_PATH}", "-o", "junit_family=xunit1"),
    )


def _variables(tree: Path) -> dict[str, str]:
    variables = {
        "HOME": TEMPORARY_FOLDER,
        "LANG": "C.UTF-8",
        "PATH": f"{INSIDE}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # the same failure reads the same every time
        "TMPDIR": TEMPORARY_FOLDER,
        "TZ": "UTC",
        "VIRTUAL_ENV": INSIDE,
    }
    if (tree / "src").is_dir():
        variables["PYTHONPATH"] = f"{WORK_FOLDER}/src"  # as an editable install would do
    return variables


def _not_run(reason: str) -> TestReport:
    return TestReport(status="not-run", reason=reason)


def _report(
    run: SandboxRun, sandbox: str, limits: SandboxLimits, read_results: ResultsReader
) -> TestReport:
    cases: tuple[TestCaseResult, ...] = ()
    if run.ended_by != "exit":
        reason = _ENDINGS[run.ended_by].format(limits=limits)
    elif not run.result:
        reason = f"{RUNNER} wrote no results and ended with exit code {run.exit_code}."
    else:
        try:
            cases = read_results(run.result, _PATHS)
            reason = _judge(cases, run.exit_code)
        except UnreadableResultsError as error:
            reason = f"{RUNNER} ended with exit code {run.exit_code}, but {error}."
    return TestReport(
        status="red" if reason else "green",
        reason=reason,
        sandbox=sandbox,
        runner=RUNNER,
        cases=cases,
        seconds=run.seconds,
        output=stable_text(run.output, _PATHS),
    )


def _judge(cases: tuple[TestCaseResult, ...], exit_code: int) -> str:
    """Why these results are not green; nothing when they are."""
    failed, broken, passed = (
        sum(case.outcome is outcome for case in cases)
        for outcome in (TestOutcome.FAILED, TestOutcome.ERROR, TestOutcome.PASSED)
    )
    if failed or broken:
        return f"{failed} of {len(cases)} test cases failed, and {broken} could not be run."
    if not passed:
        return f"No test ran: all {len(cases)} were skipped." if cases else "No test ran."
    if exit_code:
        return f"All tests passed, but {RUNNER} ended with exit code {exit_code}."
    return ""
