"""Metrics of builds, counted as their events tell of them."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from pydantic import BaseModel, ValidationError

from core import build_events as told
from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus
from core.stages import StageTable
from tasks.metrics.gauges import PREFIX
from tasks.metrics.stage_names import stage_name

STAGE_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200)
"""Bounds of the histogram of stages."""

BUILD_SECONDS = (5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200)
"""Bounds of the histogram of builds."""

OVER = tuple(
    status
    for status in OutcomeStatus
    if status not in {OutcomeStatus.RUNNING, OutcomeStatus.WAITING}
)
"""Statuses of builds that ended."""

_LIMITS = ("calls", "money")
_ENDS = ("completed", "kept", "failed", "interrupted")

_log = logging.getLogger(__name__)


class BuildMetrics:
    """Counters and histograms of builds and their stages; all series begin at 0.

    Args:
        table: the stages.
    """

    def __init__(self, table: StageTable) -> None:
        self.registry = CollectorRegistry()
        self._table = table
        self._builds = self._counter("builds_ended", "Runs of builds that ended.", "status")
        self._crashes = self._counter(
            "builds_crashed",
            "Crashes of builds: each time that a run's process or machine was gone, also where the "
            "run was then started again.",
        )
        self._stages = self._counter("stages_ended", "Stages that ended.", "stage", "outcome")
        self._limits = self._counter("limits_reached", "Builds that a limit halted.", "limit")
        self._fixes = self._counter("fixes", "Attempts at mending what fails.", "kept")
        self._inbox = self._counter("inbox_files", "Files of the inbox.", "result")
        self._build_seconds = self._histogram(
            "build_duration_seconds",
            "From a run's first start to its end; waits for people, and for being started again "
            "after a crash, are in it.",
            "status",
            BUILD_SECONDS,
        )
        self._stage_seconds = self._histogram(
            "stage_duration_seconds",
            "From a stage's start to its end, where its result was not kept from before.",
            "stage",
            STAGE_SECONDS,
        )
        self._count: dict[str, Callable[[Any], None]] = {
            **{told.outcome_event(status): self._build_ended for status in OVER},
            told.STAGE_COMPLETED: self._stage_completed,
            told.STAGE_FAILED: self._stage_failed,
            told.STAGE_INTERRUPTED: self._stage_interrupted,
            told.LIMIT_REACHED: self._limit_reached,
            told.FIX_ATTEMPTED: self._fix_attempted,
            told.INBOX_TAKEN: lambda _: self._inbox.labels("taken").inc(),
            told.INBOX_REJECTED: lambda _: self._inbox.labels("rejected").inc(),
        }
        self._begin_at_zero()

    @property
    def events(self) -> list[str]:
        """Names of the events that are counted."""
        return list(self._count)

    def count(self, event: str, payload: dict[str, Any]) -> None:
        """Add an event; one that another release sent in a form of its own is left out."""
        try:
            parsed: BaseModel = told.EVENTS[event].model_validate(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            _log.warning("the event %s is not counted: %s: %s", event, first["loc"], first["msg"])
            return
        self._count[event](parsed)

    def count_crash(self) -> None:
        """Add a crash; what crashed could send no event of its own."""
        self._crashes.inc()

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, label: str, bounds: tuple[float, ...]) -> Histogram:
        return Histogram(f"{PREFIX}{name}", says, (label,), buckets=bounds, registry=self.registry)

    def _begin_at_zero(self) -> None:
        for status in OVER:
            self._builds.labels(status)
            self._build_seconds.labels(status)
        for stage in self._table.stages:
            self._stage_seconds.labels(stage.label)
            for outcome in _ENDS:
                self._stages.labels(stage.label, outcome)
        for limit in _LIMITS:
            self._limits.labels(limit)
        for kept in ("true", "false"):
            self._fixes.labels(kept)
        for result in ("taken", "rejected"):
            self._inbox.labels(result)

    def _build_ended(self, outcome: BuildOutcome) -> None:
        self._builds.labels(outcome.status).inc()
        if outcome.started_at and outcome.finished_at:
            begun, ended = map(datetime.fromisoformat, (outcome.started_at, outcome.finished_at))
            self._build_seconds.labels(outcome.status).observe((ended - begun).total_seconds())

    def _stage_completed(self, done: told.StageCompleted) -> None:
        stage = stage_name(self._table, done.stage)
        self._stages.labels(stage, "kept" if done.cached else "completed").inc()
        if not done.cached:
            self._stage_seconds.labels(stage).observe(done.seconds)

    def _stage_failed(self, failed: told.StageFailed) -> None:
        stage = stage_name(self._table, failed.stage)
        self._stages.labels(stage, "failed").inc()
        self._stage_seconds.labels(stage).observe(failed.seconds)

    def _stage_interrupted(self, stopped: told.StageInterrupted) -> None:
        self._stages.labels(stage_name(self._table, stopped.stage), "interrupted").inc()

    def _limit_reached(self, reached: told.LimitReached) -> None:
        self._limits.labels(reached.limit).inc()

    def _fix_attempted(self, fix: told.FixAttempted) -> None:
        self._fixes.labels(str(fix.kept).lower()).inc()
