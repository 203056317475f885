"""Verifies small Python repositories within the process, in milliseconds.

It stands in for the sandbox where the course of the loop is tested: which change is tried, kept or
taken back. The tests are really run, and their failures are analysed like those of a real run.
"""

import builtins
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen.failure_analysis import analyse
from codegen.runners.results import StepResult
from codegen.verdict import draw_verdict, evidence_of
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import Runner, Step
from core.artifacts.structure import ValidatedStructure
from tasks.engine.verification import Verification

STEP = Step(kind="test", runner=Runner.PYTEST, ecosystem="python", command=("pytest",))


class QuickVerification:
    """Takes the place of `tasks.engine.verification.verify`.

    Attributes:
        runs: the test files that each run was limited to.
    """

    def __init__(self) -> None:
        self.runs: list[tuple[str, ...]] = []
        self.before_run: Callable[[], None] = lambda: None

    async def verify(
        self,
        tree: Path,
        structure: ValidatedStructure,
        *,
        only: Collection[str] = (),
        **_: object,
    ) -> Verification:
        """Run the tests of a tree."""
        self.runs.append(tuple(only))
        self.before_run()
        files = _files(tree)
        chosen = [path for path in files if path.startswith("tests/test_")]
        cases = [
            case
            for path in chosen
            if not only or path in only
            for case in _Repository(files).cases_of(path)
        ]
        bad = sum(case.outcome is not TestOutcome.PASSED for case in cases)
        reason = f"pytest: {bad} of {len(cases)} test cases failed." if bad else ""
        result = StepResult(step=STEP, reason=reason, cases=tuple(cases))
        planned = [test for test in structure.tests if not only or test.path in only]
        evidence = evidence_of(result, analyse(result, files), 0.0)
        return Verification(*draw_verdict([evidence], planned, sandbox="this process"))


def _files(tree: Path) -> dict[str, str]:
    return {
        path.relative_to(tree).as_posix(): path.read_text()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


class _Repository:
    """The modules of one repository, loaded when they are imported."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._loaded: dict[str, ModuleType] = {}

    def cases_of(self, path: str) -> list[TestCaseResult]:
        """Run every test function of a file."""
        try:
            module = self._load(path)
        except Exception as error:
            message = _account(error, self._files)
            return [
                TestCaseResult(name=path, path=path, outcome=TestOutcome.ERROR, message=message)
            ]
        tests = [name for name in vars(module) if name.startswith("test_")]
        return [self._case(path, name, getattr(module, name)) for name in tests]

    def _case(self, path: str, name: str, test: Callable[[], None]) -> TestCaseResult:
        try:
            test()
        except Exception as error:
            message = _account(error, self._files)
            return TestCaseResult(name=name, path=path, outcome=TestOutcome.FAILED, message=message)
        return TestCaseResult(name=name, path=path, outcome=TestOutcome.PASSED)

    def _load(self, path: str) -> ModuleType:
        if path not in self._loaded:
            module = self._loaded[path] = ModuleType(path)
            vars(module)["__builtins__"] = {**vars(builtins), "__import__": self._import}
            exec(compile(self._files[path], path, "exec"), vars(module))
        return self._loaded[path]

    def _import(self, name: str, *rest: Any) -> ModuleType:
        path = f"{name.replace('.', '/')}.py"
        return self._load(path) if path in self._files else builtins.__import__(name, *rest)


def _account(error: Exception, files: Mapping[str, str]) -> str:
    """What pytest says of an error, in its short form."""
    lines: list[str] = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in files:
            source = files[frame.filename].splitlines()[(frame.lineno or 1) - 1].strip()
            lines += [f"{frame.filename}:{frame.lineno}: in {frame.name}", f"    {source}"]
    return "\n".join([*lines, f"E   {type(error).__name__}: {error}"])
