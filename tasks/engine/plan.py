"""The plan of a build: what will run, who is asked, what it will take, and whether it may.

Making a plan spends nothing and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus
from core.artifacts.structure import ValidatedStructure
from core.errors import ArtifactNotFoundError, ConfigurationError
from core.estimate import Estimate
from core.expectations import Expectations, ProductSize, load_expectations
from core.layout import BUILD_RECORD, VALIDATED_STRUCTURE, build_prefix
from core.settings import Settings, SpendingLimits
from core.stages import Stage
from providers.llm.catalogue import DEMO
from providers.llm.prices import PriceList
from providers.llm.stage_router import ModelChoice
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_observations import Account, LedgerObservations
from providers.storage.money import dollars
from tasks.engine.plan_estimates import Estimator, UsePlan, added, seconds_of
from tasks.engine.preparation import PreparedBuild


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
class LimitPlan:
    """One limit of money, held against what is expected.

    Attributes:
        what: whom it is for, in words.
        variable: the setting.
        limit_usd, spent_usd: US dollars; what open calls have reserved counts as spent.
        expected: US dollars that the build, or one call of it, will take.
    """

    what: str
    variable: str
    limit_usd: Decimal
    spent_usd: Decimal
    expected: Estimate

    @property
    def left_usd(self) -> float:
        """US dollars that may still be spent."""
        return max(float(self.limit_usd - self.spent_usd), 0.0)

    @property
    def suffices(self) -> bool:
        """Whether what is expected fits."""
        return self.expected.mean <= self.left_usd

    @property
    def verdict(self) -> str:
        """What to expect of it, in words."""
        if not self.suffices:
            return f"too low: the build will halt; raise {self.variable}"
        if self.expected.high > self.left_usd:
            return f"may be too low: the build may halt, and go on once {self.variable} is raised"
        return "enough"


@dataclass(frozen=True)
class BuildPlan:
    """What a build will do and take.

    Attributes:
        prepared: the build.
        size: how large the product is, or is expected to be.
        stages: every stage, in order.
        limits: the limits of money.
        problems: why it cannot start, such as missing keys; empty where it can.
    """

    prepared: PreparedBuild
    size: ProductSize
    stages: tuple[StagePlan, ...]
    limits: tuple[LimitPlan, ...]
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
        month = f"{datetime.now(UTC):%Y-%m}"
        account = await ledger.account(prepared.build_id, prepared.user, month)
    finally:
        database.close()
    record = await _record(store, prepared.build_id)
    size = await _size(store, prepared, expectations)
    estimator = Estimator(
        expectations, observations, prepared.catalogue, PriceList(prepared.catalogue), size
    )
    planner = _Planner(settings, prepared, expectations, estimator, account, record)
    stages = planner.stages(size)
    return BuildPlan(
        prepared=prepared,
        size=size,
        stages=stages,
        limits=_limits(settings.spending, stages, account),
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
            at_once=min(self._settings.files_at_once, max(size.files, 1)),
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
    spending: SpendingLimits, stages: Sequence[StagePlan], account: Account
) -> tuple[LimitPlan, ...]:
    uses = [use for stage in stages for use in stage.uses]
    cost = added(use.cost_usd for use in uses)
    dearest = max((use.call_usd for use in uses), key=lambda one: one.mean, default=Estimate())
    prefix = "APP_BUILDER_SPENDING__"
    spent_by_build, spent_in_month = dollars(account.build), dollars(account.month)
    return (
        LimitPlan(
            "the dearest call", f"{prefix}PER_CALL_USD", spending.per_call_usd, Decimal(0), dearest
        ),
        LimitPlan(
            "this build", f"{prefix}PER_BUILD_USD", spending.per_build_usd, spent_by_build, cost
        ),
        LimitPlan(
            "the user's month",
            f"{prefix}PER_USER_MONTH_USD",
            spending.per_user_month_usd,
            spent_in_month,
            cost,
        ),
    )


def _problems(prepared: PreparedBuild) -> str:
    try:
        prepared.router.check_keys(stage.number for stage in prepared.table.stages)
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
        bool(file.exports or file.imports) or not file.path.endswith("__init__.py")
        for module in structure.modules
        for file in module.files
    )
    return ProductSize(
        entities=expected.entities, modules=len(structure.modules), files=files, is_planned=True
    )
