"""Everything one run of a build works with, opened and closed in one place."""

import logging
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Task

from codegen.file_gate import Surroundings
from core.artifacts.build_record import MadeBy
from core.artifacts.questionnaire import Questionnaire
from core.layout import PARAMETERS, SPECS, SPECS_REFINED
from core.options import BuildOptions
from core.release import release
from core.settings import Settings, SpendingLimits
from core.stages import Stage, StageTable
from prompts.renderer import template_digest
from providers.llm.asker import Asker
from providers.llm.priority_turns import PriorityTurns
from providers.llm.stage_router import StageRouter
from providers.sandbox.sandbox import Sandbox
from providers.side_process import SideProcess
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallMaxima
from providers.vcs.publisher import Publisher
from tasks.engine.baseline import Baseline
from tasks.engine.build_recorder import BuildRecorder
from tasks.engine.code_digest import code_digest
from tasks.engine.preparation import PreparedBuild
from tasks.engine.redo import Redo
from tasks.engine.result_storage import RESULTS, ArtifactStoreResults
from tasks.engine.stage_call import BASELINE, StageCall
from tasks.engine.stages_to_run import edits_of
from tasks.engine.used_results import ResultsInUse

_log = logging.getLogger(__name__)


@dataclass
class BuildSession:
    """One run of a build.

    Attributes:
        build_id, project_id, user: who the build is; see `core.identity`.
        results: where Prefect keeps the results of tasks.
        sandbox: where generated code runs, if it works here.
        publisher: where the repository goes, if anywhere.
        workspace: folder on this machine for the Git history and the tree under test.
        prepared: what was checked before it began.
        redo: which stages were redone.
        baseline: the build that this one changes, if it does.
        used: which kept results the build uses.
        spending: the limits of money that hold for it.
        artifacts: text of every artifact written so far, by path.
        runs: ids of the task runs that wrote an artifact, for the edges in the UI.
        kept_from: what made the results of stages that another release finished, by number.
        attempts: attempts made in this run, by name of the task run.
        tasks: the Prefect task of each stage that ran, by the stage's number.
        file_slots: for the calls about files, as many as are made at once.
        gate_beside: holds files to their contracts in a process of its own; else it is done here.
    """

    settings: Settings
    questionnaire: Questionnaire
    options: BuildOptions
    build_id: str
    project_id: str
    user: str
    table: StageTable
    router: StageRouter
    asker: Asker
    store: ArtifactStore
    recorder: BuildRecorder
    results: ArtifactStoreResults
    sandbox: Sandbox
    publisher: Publisher | None
    workspace: Path
    prepared: PreparedBuild
    redo: Redo = field(default_factory=Redo)
    baseline: Baseline | None = None
    used: ResultsInUse = field(init=False)
    spending: SpendingLimits = field(init=False)
    artifacts: dict[str, str] = field(init=False)
    runs: dict[str, tuple[UUID, ...]] = field(default_factory=dict[str, tuple[UUID, ...]])
    kept_from: dict[str, MadeBy] = field(default_factory=dict[str, MadeBy])
    attempts: Counter[str] = field(default_factory=Counter[str])
    tasks: dict[str, Task[..., Any]] = field(default_factory=dict[str, Task[..., Any]])
    file_slots: PriorityTurns = field(init=False)
    gate_beside: SideProcess[[str, Surroundings], str] | None = None

    def __post_init__(self) -> None:
        self.used = ResultsInUse(self.store, self.build_id)
        self.spending = self.settings.spending
        self.file_slots = PriorityTurns(self.settings.files_at_once)
        self.artifacts = {PARAMETERS: self.questionnaire.model_dump_json(indent=2)}

    @property
    def repository(self) -> Path:
        """Folder of the build's own Git repository."""
        return self.workspace / "repository.git"

    def raise_limit(self, usd: Decimal) -> None:
        """Let the build cost more than the operator's settings allow; a person decided so."""
        self.spending = self.spending.model_copy(update={"per_build_usd": usd})

    def salt(self, stage: Stage) -> str:
        """What sets this stage's results and answers apart: a fresh build, and each redo."""
        generation = self.redo.generations.get(stage.number, 0)
        return f"{self.options.fresh}#{generation}" if generation else self.options.fresh

    def call_for(
        self, stage: Stage, *, file: str = "", inputs: dict[str, str] | None = None
    ) -> StageCall:
        """The call of a stage's task.

        Args:
            stage: its row.
            file: path of the file, for a fan-out task.
            inputs: what the task reads, when that is not simply the artifacts of the row.
        """
        if inputs is None:
            inputs = {path: self.artifacts[path] for path in stage.reads or (PARAMETERS,)}
            inputs |= self._before(stage)
        return StageCall(
            stage=stage.number,
            name=f"{stage.label} {file}" if file else stage.label,
            file=file,
            inputs=inputs,
            edits=self._edits_for(stage),
            identity=self._identity(stage, made_today(stage)),
            salt=self.salt(stage),
        )

    async def call_as_kept(self, stage: Stage, call: StageCall) -> StageCall:
        """The call as the release made it that finished the stage, where its result is kept.

        Without, an update would make all of a build anew that was begun before it.

        Raises:
            StorageError: the store failed.
        """
        made = self.recorder.record.made_by.get(stage.number)
        if made is None or made.release == release() or not stage.cached:
            return call
        earlier = call.model_copy(update={"identity": self._identity(stage, made)})
        if not await self.store.exists(RESULTS + earlier.result_key):
            return call
        if stage.number not in self.kept_from:
            _log.info("Stage %s keeps what release %s made", stage.label, made.release)
            self.kept_from[stage.number] = made
        return earlier

    def _identity(self, stage: Stage, made: MadeBy) -> tuple[str, ...]:
        """What decides a stage's result besides what it reads: code, templates and models."""
        return (
            f"code={made.code}",
            *(("workflow-files",) if self.settings.workflow_files else ()),
            *(
                f"{use.template}={made.templates.get(use.template, '')}@"
                + ",".join(
                    choice.identity for choice in self.router.choices(stage.number, use.template)
                )
                for use in stage.models
            ),
        )

    def _before(self, stage: Stage) -> dict[str, str]:
        """What a stage that plans is given of the build that is changed.

        Nothing where it cannot be told what the change concerns: then all is asked.
        """
        if self.baseline is None or not self.baseline.is_narrow:
            return {}
        if not self.baseline.keeps_files and {SPECS, SPECS_REFINED}.isdisjoint(stage.reads):
            return {}  # only the numbers of requirements are kept
        if not (stage.cached and stage.models) or stage.fan_out:
            return {}
        return {BASELINE + path: text for path, text in self.baseline.plans.items()}

    def runs_before(self, stage: Stage) -> tuple[UUID, ...]:
        """Ids of the task runs that wrote what a stage reads."""
        return tuple(dict.fromkeys(run for path in stage.reads for run in self.runs[path]))

    def call_maxima(self, stage: Stage) -> CallMaxima:
        """The hard maxima of model calls that hold for a stage."""
        limits = self.settings.calls
        return CallMaxima(
            per_stage=stage.max_calls, per_file=limits.per_file, per_build=limits.per_build
        )

    def _edits_for(self, stage: Stage) -> dict[str, str]:
        return edits_of(self.table, stage, self.options.use)


def made_today(stage: Stage) -> MadeBy:
    """What makes a stage's results now: this release, its code and its templates."""
    return MadeBy(
        release=release(),
        code=code_digest(),
        templates={use.template: template_digest(use.template) for use in stage.models},
    )


_session: ContextVar[BuildSession] = ContextVar("build_session")


@contextmanager
def session_opened(session: BuildSession) -> Generator[BuildSession]:
    """Make a session the current one for the tasks awaited inside."""
    token = _session.set(session)
    try:
        yield session
    finally:
        _session.reset(token)


def current_session() -> BuildSession:
    """The session of the build that is running.

    Raises:
        LookupError: no build is running; tasks only run inside the flow `build-app`.
    """
    return _session.get()
