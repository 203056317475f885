"""The plan of a build: what will run, who is asked, what it will take, and whether it may.

Making a plan spends nothing and writes nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus
from core.artifacts.structure import ValidatedStructure
from core.errors import ArtifactNotFoundError, ConfigurationError
from core.estimate import Estimate
from core.expectations import Expectations, ProductSize, load_expectations
from core.layout import BUILD_RECORD, VALIDATED_STRUCTURE, build_prefix
from core.settings import Settings
from core.stages import Stage
from providers.llm.catalogue import DEMO
from providers.llm.prices import PriceList
from providers.llm.stage_router import ModelChoice
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_observations import Account, LedgerObservations
from providers.storage.money import dollars
from tasks.engine.change_estimate import ChangeEstimate, change_estimate
from tasks.engine.plan_estimates import Estimator, UsePlan, added, seconds_of
from tasks.engine.plan_limits import LimitPlan, limits_of
from tasks.engine.preparation import PreparedBuild
from tasks.engine.raised_limit import with_raised_limit
from tasks.engine.stages_to_run import stages_to_run


@dataclass(frozen=True)
class StagePlan:
    """One stage of a plan.

    Attributes:
        stage: its row.
        is_kept: its result is kept from an earlier run of this build, and costs nothing.
        uses: what it asks; empty where it asks no model or is kept.
        seconds: wall time.
        note: what else a person should know of it.
    """

    stage: Stage
    is_kept: bool
    uses: tuple[UsePlan, ...]
    seconds: Estimate
    note: str = ""


@dataclass(frozen=True)
class BuildPlan:
    """What a build will do and take.

    Attributes:
        prepared: the build.
        size: how large the product is, or is expected to be.
        stages: every stage, in order.
        limits: the limits of money.
        change: what it changes of another build, if it does.
        problems: why it cannot start, such as missing keys; empty where it can.
    """

    prepared: PreparedBuild
    size: ProductSize
    stages: tuple[StagePlan, ...]
    limits: tuple[LimitPlan, ...]
    change: ChangeEstimate | None = None
    problems: str = ""

    @property
    def can_run(self) -> bool:
        """Whether nothing is known that would keep the build from its end."""
        return not self.problems and all(limit.suffices for limit in self.limits)

    @property
    def uses(self) -> tuple[UsePlan, ...]:
        """What all stages ask."""
        return tuple(use for stage in self.stages for use in stage.uses)

    @property
    def seconds(self) -> Estimate:
        """Wall time of the whole build."""
        return added(stage.seconds for stage in self.stages)

    @property
    def cost_usd(self) -> Estimate:
        """US dollars of the whole build."""
        return added(use.cost_usd for use in self.uses)


async def make_plan(settings: Settings, prepared: PreparedBuild, store: ArtifactStore) -> BuildPlan:
    """Plan a build.

    Args:
        settings: the operator's settings.
        prepared: the build; its keys may be missing.
        store: where earlier runs left their artifacts.

    Raises:
        StorageError: the store or the ledger failed.
    """
    expectations = load_expectations()
    database = LedgerDatabase(settings.ledger_database_url)
    try:
        ledger = LedgerObservations(database)
        observations = await ledger.observations(stand_ins=(DEMO,))
        account = await ledger.account(prepared.build_id, prepared.user, datetime.now(UTC))
    finally:
        database.close()
    record = await _record(store, prepared.build_id)
    change = await change_estimate(store, prepared)
    size = change.size if change else await _size(store, prepared, expectations)
    estimator = Estimator(
        expectations, observations, prepared.catalogue, PriceList(prepared.catalogue), size
    )
    planner = _Planner(settings, prepared, expectations, estimator, account, record)
    stages = planner.stages(size)
    spending = await with_raised_limit(store, prepared.build_id, settings.spending)
    holding = settings.model_copy(update={"spending": spending})
    return BuildPlan(
        prepared=prepared,
        size=size,
        stages=stages,
        limits=_limits(holding, stages, account, size),
        change=change,
        problems=_problems(prepared),
    )


class _Planner:
    """Plans the stages in order; one that is not kept makes those after it not kept."""

    def __init__(
        self,
        settings: Settings,
        prepared: PreparedBuild,
        expectations: Expectations,
        estimator: Estimator,
        account: Account,
        record: BuildRecord | None,
    ) -> None:
        self._settings = settings
        self._prepared = prepared
        self._expectations = expectations
        self._estimator = estimator
        self._account = account
        self._record = record

    def stages(self, size: ProductSize) -> tuple[StagePlan, ...]:
        planned: list[StagePlan] = []
        all_kept = self._record is not None
        for stage in self._prepared.table.stages:
            if stage.cached:
                all_kept = all_kept and self._is_kept(stage)
            kept = stage.cached and all_kept
            planned.append(
                StagePlan(stage, True, (), Estimate()) if kept else self._run(stage, size)
            )
        return tuple(planned)

    def _is_kept(self, stage: Stage) -> bool:
        options, table = self._prepared.options, self._prepared.table
        if options.from_stage and table.position(stage.number) >= table.position(
            options.from_stage
        ):
            return False
        if set(stage.writes) & options.use.keys():
            return False  # what a person edits is checked anew
        stages = self._record.stages if self._record else {}
        done = stages.get(stage.number, StageRecord())
        asked = [self._choices(stage, use.template) for use in stage.models if use.asked]
        answered = all({str(one) for one in models} & set(done.models) for models in asked)
        return done.status is StageStatus.COMPLETED and (answered or not done.models)

    def _run(self, stage: Stage, size: ProductSize) -> StagePlan:
        done = self._files_done(stage)
        uses = tuple(
            self._estimator.use(
                use.template, self._choices(stage, use.template), done=done.get(use.template, 0)
            )
            for use in stage.models
            if use.asked
        )
        most = max(done.values(), default=0)
        seconds = seconds_of(
            stage,
            uses,
            own=self._expectations.seconds_of_stage(stage.number),
            spread=self._expectations.spread.seconds,
            at_once=_at_once(self._settings, size),
        )
        note = f"{most} files are kept from an earlier run" if most else ""
        return StagePlan(stage, False, uses, seconds, note)

    def _files_done(self, stage: Stage) -> dict[str, int]:
        if not stage.fan_out or self._prepared.options.from_stage:
            return {}
        templates = (use.template for use in stage.models)
        return {name: len(self._account.files.get(name, ())) for name in templates}

    def _choices(self, stage: Stage, template: str) -> tuple[ModelChoice, ...]:
        return self._prepared.router.choices(stage.number, template)


def _limits(
    settings: Settings, stages: Iterable[StagePlan], account: Account, size: ProductSize
) -> tuple[LimitPlan, ...]:
    return limits_of(
        settings.spending,
        [(stage.uses, _at_once(settings, size) if stage.stage.fan_out else 1) for stage in stages],
        spent_by_build=dollars(account.build),
        spent_in_month=dollars(account.month),
        reserved_by_build=dollars(account.build_reserved),
        reserved_in_month=dollars(account.month_reserved),
    )


def _at_once(settings: Settings, size: ProductSize) -> int:
    """How many files are at work at the same time."""
    return min(settings.files_at_once, max(math.ceil(size.files), 1))


def _problems(prepared: PreparedBuild) -> str:
    try:
        prepared.router.check_keys(stages_to_run(prepared.table, prepared.options))
    except ConfigurationError as error:
        return str(error)
    return ""


async def _record(store: ArtifactStore, build_id: str) -> BuildRecord | None:
    try:
        return await store.read_artifact(build_prefix(build_id) + BUILD_RECORD, BuildRecord)
    except ArtifactNotFoundError:
        return None


async def _size(
    store: ArtifactStore, prepared: PreparedBuild, expectations: Expectations
) -> ProductSize:
    """The size of the structure that an earlier run planned, or else an estimate."""
    expected = expectations.product.size_of(prepared.questionnaire)
    key = build_prefix(prepared.build_id) + VALIDATED_STRUCTURE
    try:
        structure = await store.read_artifact(key, ValidatedStructure)
    except ArtifactNotFoundError:
        return expected
    files = sum(
        not file.template
        and (bool(file.exports or file.imports) or not file.path.endswith("__init__.py"))
        for module in structure.modules
        for file in module.files
    )
    return ProductSize(
        entities=expected.entities, modules=len(structure.modules), files=files, is_planned=True
    )
