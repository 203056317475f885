"""Keeps the build record, and tells Prefect and the listener of every change."""

from datetime import UTC, datetime

from prefect.events import emit_event

from core.artifacts.build_record import (
    BuildRecord,
    BuildStatus,
    StageRecord,
    StageStatus,
)
from core.layout import BUILD_RECORD, build_prefix
from core.progress import BuildListener
from core.stages import Stage
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallRow
from providers.storage.ledger import UsageLedger


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

    async def stage_started(self, stage: Stage, models: tuple[str, ...]) -> None:
        """A stage begins: it is the current one."""
        await self._change_stage(stage, StageRecord(status=StageStatus.RUNNING, models=models))
        self._emit(stage, "started")

    async def stage_completed(self, stage: Stage, done: StageRecord) -> None:
        """A stage ended well."""
        await self._change_stage(stage, done)
        self._emit(stage, "completed", artifacts=list(done.artifacts), cached=done.cached)

    async def stage_failed(
        self, stage: Stage, *, attempts: int, error: str, seconds: float
    ) -> None:
        """A stage gave up, and the build with it."""
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
        self._emit(stage, "failed", error=error, attempts=attempts)

    async def stage_interrupted(self, stage: Stage) -> None:
        """Somebody stopped the build in the middle of a stage."""
        self.record = self.record.model_copy(update={"status": BuildStatus.INTERRUPTED})
        stopped = self.record.stages.get(stage.number, StageRecord())
        await self._change_stage(
            stage, stopped.model_copy(update={"status": StageStatus.INTERRUPTED})
        )

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

    def _emit(self, stage: Stage, what: str, **payload: object) -> None:
        emit_event(
            event=f"app-build.stage.{what}",
            resource={
                "prefect.resource.id": f"app-build.{self.record.build_id}",
                "prefect.resource.name": self.record.project_name,
                "app-build.project-id": self.record.project_id,
            },
            payload={
                "build_id": self.record.build_id,
                "stage": stage.number,
                "name": stage.name,
                **payload,
            },
        )


def utc_now() -> str:
    """Now, as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
