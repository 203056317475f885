"""Verifies a whole repository in the sandbox: install, gate, builds, tests, start."""

import asyncio
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codegen.failure_analysis import analyse, install_failure, run_signature
from codegen.import_check import check_imports
from codegen.runners.detect import detect_runs
from codegen.runners.gate import gate_steps
from codegen.runners.gate_results import gate_result
from codegen.runners.limiting import limited
from codegen.runners.results import StepRun, step_result
from codegen.unwritten import check_written, unwritten_reason
from codegen.verdict import StepEvidence, draw_verdict, evidence_of, not_taken
from core.artifacts.failure import Failure
from core.artifacts.report import StepReport, TestReport
from core.artifacts.run_plan import RunPlan, Step
from core.artifacts.structure import PlannedTest, ValidatedStructure
from core.settings import SandboxLimits, Settings
from providers.sandbox.environment import InstallFailure
from providers.sandbox.installs import Installs, Unavailable
from providers.sandbox.sandbox import RESULT_PATH, WORK_FOLDER, Sandbox
from providers.sandbox.sources import read_sources
from providers.sandbox.steps import Toolchain, run_step

_PATHS = {WORK_FOLDER: "", sys.base_prefix: "<python>"}
_LEAST_SECONDS = 1.0
"""A step is not begun when its phase has less time left."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification showed.

    Attributes:
        report: the report, without the commit, which only the caller knows.
        failures: what failed, in the order of the phases: installs, gate, builds, tests, start, and
            at last planned acceptance tests that did not run. A report that is not green can be
            without failures: where no sandbox works, or something cannot be run on this machine.
    """

    report: TestReport
    failures: tuple[Failure, ...] = ()

    @property
    def green(self) -> bool:
        """Whether everything that applies was run, and nothing failed."""
        return self.report.status == "green"

    @property
    def signature(self) -> str:
        """Equal for two runs in which the same failed; empty when nothing did."""
        return run_signature(self.failures) if self.failures else ""


async def verify(
    tree: Path,
    structure: ValidatedStructure,
    *,
    sandbox: Sandbox,
    settings: Settings,
    only: Collection[str] = (),
    refused: Mapping[str, str] | None = None,
) -> Verification:
    """Install a repository's dependencies, check it as a whole, build, test and start it.

    Nothing of the repository runs outside the sandbox, and the tree is not written to. What keeps
    a step from running, or from ending well, is a result; only our own machinery's failure is
    raised.

    Args:
        tree: the repository's working tree.
        structure: its contracts, its declared dependencies, and the acceptance tests planned.
        sandbox: where its code may run.
        settings: bounds of each phase, and where installed dependencies are kept.
        only: test files to which the run is limited, for a quick look after a change: their tests
            and the gate, without builds and starts; everything if empty.
        refused: files that no model wrote acceptably, each with what was wrong; as long as one is
            not there, nothing is green.

    Raises:
        SandboxError: the sandbox or an installer failed, as against what ran in them.
    """
    if reason := await sandbox.usable():
        told = f"No sandbox works on this machine, so nothing was run: {reason}."
        why = f"{unwritten_reason(refused or {})} {told}".lstrip()
        return Verification(TestReport(status="not-run", reason=why, unverified=(told,)))
    files = await asyncio.to_thread(read_sources, tree)
    plan = _plan(files, only)
    installs = Installs(tree, settings.root, sandbox, settings.sandbox)
    run = _Run(tree, files, sandbox, settings.sandbox, installs)
    for step in plan.steps:
        await run.install(step)
    if refused:
        run.evidence.append(await asyncio.to_thread(check_written, files, structure, refused))
    run.evidence.append(await asyncio.to_thread(_check_imports, files, structure))
    for step in plan.steps:
        await run.take(step)
    report, failures = draw_verdict(
        run.evidence, _planned(structure, only), sandbox=sandbox.name, notes=plan.notes
    )
    return Verification(report, failures)


def _check_imports(files: Mapping[str, str], structure: ValidatedStructure) -> StepEvidence:
    started = time.monotonic()
    evidence = check_imports(files, structure)
    seconds = round(time.monotonic() - started, 3)
    report = evidence.report.model_copy(update={"seconds": seconds})
    return evidence.model_copy(update={"report": report})


def _plan(files: Mapping[str, str], only: Collection[str]) -> RunPlan:
    gate = gate_steps(files, report_path=RESULT_PATH)
    plan = detect_runs(files, report_path=RESULT_PATH)
    if not only:
        return RunPlan(steps=(*gate.steps, *plan.steps), notes=(*gate.notes, *plan.notes))
    present = [path for path in only if path in files]
    steps = (limited(step, present) for step in plan.steps)
    return RunPlan(steps=(*gate.steps, *(step for step in steps if step is not None)))


def _planned(structure: ValidatedStructure, only: Collection[str]) -> list[PlannedTest]:
    return [test for test in structure.tests if not only or test.path in only]


def _read(step: Step, run: StepRun, files: Mapping[str, str]) -> StepEvidence:
    if step.kind == "gate":
        result = gate_result(step, run, _PATHS, files)
    else:
        result = step_result(step, run, _PATHS, files)
    return evidence_of(result, analyse(result, files), run.seconds)


@dataclass
class _Run:
    """One verification under way.

    Attributes:
        evidence: of the steps so far, in order.
        used: seconds that each phase took so far.
    """

    tree: Path
    files: Mapping[str, str]
    sandbox: Sandbox
    limits: SandboxLimits
    installs: Installs
    evidence: list[StepEvidence] = field(default_factory=list[StepEvidence])
    used: dict[str, float] = field(default_factory=dict[str, float])
    _toolchains: dict[tuple[str, str], Toolchain | str] = field(
        default_factory=dict[tuple[str, str], Toolchain | str]
    )

    async def install(self, step: Step) -> None:
        """Install what a step's project declares, if no step before was of that project."""
        key = (step.ecosystem, step.folder)
        if key not in self._toolchains:
            self._toolchains[key] = await self._install(step)

    async def take(self, step: Step) -> None:
        """Run a step, when the install of its project is done."""
        toolchain = self._toolchains[step.ecosystem, step.folder]
        if isinstance(toolchain, str):
            reason = f"{step.name} was not run: {toolchain}."
            self.evidence.append(not_taken(step.name, step.kind, reason))
            return
        left = self._budget(step.kind) - self.used.get(step.kind, 0.0)
        if left < _LEAST_SECONDS:
            reason = f"{step.name} was not run: the {self._budget(step.kind):g} s of its phase"
            self.evidence.append(not_taken(step.name, step.kind, f"{reason} were used up."))
            return
        run = await run_step(
            step,
            self.tree,
            sandbox=self.sandbox,
            toolchain=toolchain,
            limits=self.limits.model_copy(update={"seconds": left}),
        )
        self.used[step.kind] = self.used.get(step.kind, 0.0) + run.seconds
        ended = StepRun(
            exit_code=run.exit_code,
            ended_by=run.ended_by,
            report=run.result,
            output=run.output,
            seconds=run.seconds,
        )
        # Reports may be large, and other builds share the loop.
        self.evidence.append(await asyncio.to_thread(_read, step, ended, self.files))

    async def _install(self, step: Step) -> Toolchain | str:
        """What the project's steps run with, or why they cannot run."""
        started = time.monotonic()
        made = await self.installs.prepare(step)
        place = f" in {step.folder}" if step.folder else ""
        name = f"install of {step.ecosystem} packages{place}"
        if isinstance(made, Unavailable):
            self.evidence.append(not_taken(name, "install", f"There was no {name}: {made}."))
            return made
        failed = isinstance(made, InstallFailure)
        reason = f"The dependencies could not be installed{place}: {made.reason}" if failed else ""
        report = StepReport(
            name=name,
            kind="install",
            status="red" if failed else "green",
            seconds=round(time.monotonic() - started, 3),
            reason=reason,
        )
        failures = (install_failure(made.reason, step.ecosystem),) if failed else ()
        self.evidence.append(StepEvidence(report=report, failures=failures))
        if isinstance(made, InstallFailure):
            return "its dependencies could not be installed"
        return made

    def _budget(self, kind: str) -> float:
        return {
            "gate": self.limits.gate_seconds,
            "build": self.limits.build_seconds,
            "test": self.limits.seconds,
            "boot": self.limits.boot_seconds,
        }[kind]
