"""Keeps the build record, and tells Prefect and the listener of every change."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from core.artifacts.build_outcome import clipped
from core.artifacts.build_record import (
    BuildRecord,
    BuildStatus,
    MadeBy,
    StageRecord,
    StageStatus,
)
from core.artifacts.fixes import Fix
from core.build_events import (
    FILES_WRITTEN,
    FIX_ATTEMPTED,
    LIMIT_REACHED,
    STAGE_COMPLETED,
    STAGE_FAILED,
    STAGE_INTERRUPTED,
    STAGE_STARTED,
    FilesWritten,
    FixAttempted,
    LimitReached,
    StageCompleted,
    StageFailed,
    StageInterrupted,
    StageStarted,
)
from core.errors import CallLimitError, SpendingLimitError
from core.layout import BUILD_RECORD, build_prefix
from core.progress import BuildListener
from core.stages import Stage
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallRow
from providers.storage.ledger import UsageLedger
from tasks.engine.build_events import emit_of_build

_LIMITS: dict[str, Literal["calls", "money"]] = {
    CallLimitError.__name__: "calls",
    SpendingLimitError.__name__: "money",
}


class BuildRecorder:
    """The state of one build, written to `build.json` at every change.

    Attributes:
        record: the build as it stands.
        listener: told of every change.
    """

    def __init__(
        self,
        store: ArtifactStore,
        ledger: UsageLedger,
        record: BuildRecord,
        listener: BuildListener,
    ) -> None:
        self.record = record
        self.listener = listener
        self._store = store
        self._ledger = ledger
        self._held: list[Callable[[], None]] | None = None

    @contextmanager
    def failures_held(self) -> Generator[None]:
        """Tell other services of a failure inside only when it is known to be the end.

        That is where an error leaves the block. Where the block ends well, somebody let the build
        go on; where the run is suspended or stopped, the build has not failed.
        """
        self._held = held = list[Callable[[], None]]()
        try:
            yield
        except Exception:
            for tell in held:
                tell()
            raise
        finally:
            self._held = None

    async def stage_started(self, stage: Stage, models: tuple[str, ...]) -> None:
        """A stage begins: it is the current one."""
        await self._change_stage(stage, StageRecord(status=StageStatus.RUNNING, models=models))
        self._emit(STAGE_STARTED, StageStarted, stage)

    def made(self, stage: Stage, made_by: MadeBy) -> None:
        """What made the results of a stage that ended well; written with its end."""
        changed = {**self.record.made_by, stage.number: made_by}
        self.record = self.record.model_copy(update={"made_by": changed})

    async def stage_completed(self, stage: Stage, done: StageRecord) -> None:
        """A stage ended well."""
        await self._change_stage(stage, done)
        self._emit(
            STAGE_COMPLETED,
            StageCompleted,
            stage,
            artifacts=done.artifacts,
            cached=done.cached,
            seconds=done.seconds,
        )

    async def stage_failed(
        self, stage: Stage, *, attempts: int, error: str, seconds: float, cause: str = ""
    ) -> None:
        """A stage gave up, and the build with it.

        Args:
            stage: its row.
            attempts: made.
            error: the last one's.
            seconds: it took.
            cause: name of that error's class.
        """
        failed = self.record.stages.get(stage.number, StageRecord()).model_copy(
            update={
                "status": StageStatus.FAILED,
                "attempts": attempts,
                "error": error,
                "seconds": seconds,
            }
        )
        self.record = self.record.model_copy(
            update={"status": BuildStatus.FAILED, "failed_at": stage.number}
        )
        await self._change_stage(stage, failed)
        values: dict[str, object] = {
            "error": clipped(error),
            "attempts": attempts,
            "seconds": seconds,
        }
        tell = partial(self._tell_failure, stage, cause, values)
        if self._held is None:
            tell()
        else:
            self._held.append(tell)

    async def stage_interrupted(self, stage: Stage) -> None:
        """Somebody stopped the build in the middle of a stage."""
        self.record = self.record.model_copy(update={"status": BuildStatus.INTERRUPTED})
        stopped = self.record.stages.get(stage.number, StageRecord())
        await self._change_stage(
            stage, stopped.model_copy(update={"status": StageStatus.INTERRUPTED})
        )
        self._emit(STAGE_INTERRUPTED, StageInterrupted, stage)

    def files_written(self, stage: Stage, done: int, total: int) -> None:
        """One more file is there; told to other services at every tenth part."""
        if done * 10 // total > (done - 1) * 10 // total:
            self._emit(FILES_WRITTEN, FilesWritten, stage, done=done, total=total)

    def fix_attempted(self, stage: Stage, fix: Fix) -> None:
        """An attempt at mending what fails is over."""
        self._emit(FIX_ATTEMPTED, FixAttempted, stage, **fix.model_dump())

    async def update(self, **changes: object) -> None:
        """Change fields of the record itself and write it down."""
        self.record = self.record.model_copy(update=changes)
        await self._save()

    async def finish(self, status: BuildStatus) -> None:
        """Write down that the run is over."""
        await self.update(status=status, finished_at=utc_now())

    async def calls(self) -> list[CallRow]:
        """Every model call made for the build over its life, in order.

        Raises:
            StorageError: the ledger failed.
        """
        return await self._ledger.calls(self.record.build_id)

    def _tell_failure(self, stage: Stage, cause: str, values: dict[str, object]) -> None:
        if cause in _LIMITS:
            limit, error = _LIMITS[cause], values["error"]
            self._emit(LIMIT_REACHED, LimitReached, stage, limit=limit, error=error)
        self._emit(STAGE_FAILED, StageFailed, stage, **values)

    async def _change_stage(self, stage: Stage, changed: StageRecord) -> None:
        stages = {**self.record.stages, stage.number: changed}
        totals = await self._ledger.totals(self.record.build_id)
        self.record = self.record.model_copy(
            update={"stages": stages, "current_stage": stage.number, "totals": totals}
        )
        await self._save()
        self.listener.stage_changed(self.record, stage.number)

    async def _save(self) -> None:
        key = build_prefix(self.record.build_id) + BUILD_RECORD
        await self._store.write_artifact(key, self.record)

    def _emit(
        self, event: str, payload: type[StageStarted], stage: Stage, **values: object
    ) -> None:
        about = {
            "build_id": self.record.build_id,
            "stage": stage.number,
            "name": stage.name,
            **values,
        }
        emit_of_build(
            event,
            payload.model_validate(about),
            build_id=self.record.build_id,
            project_id=self.record.project_id,
            project_name=self.record.project_name,
        )


def utc_now() -> str:
    """Now, as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
