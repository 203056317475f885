"""What a build's recorder tells other services, and that it is what the list of events says."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import Pause

from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus
from core.artifacts.fixes import Fix, FixOutcome
from core.build_events import EVENTS
from core.errors import CallLimitError, SpendingLimitError
from core.progress import SilentListener
from core.stages import Stage
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tasks.engine.build_recorder import BuildRecorder
from tests.docs.tables import stage_table


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []

    def emit(**event: Any) -> None:
        events.append(event)

    monkeypatch.setattr("tasks.engine.build_events.emit_event", emit)
    return events


@pytest.fixture
def recorder(tmp_path: Path) -> BuildRecorder:
    return BuildRecorder(
        ArtifactStore(f"file://{tmp_path}"),
        UsageLedger(f"sqlite:///{tmp_path}/ledger.db"),
        BuildRecord(build_id="b-1", project_id="b", project_name="B", user="u"),
        SilentListener(),
    )


@pytest.fixture
def stage() -> Stage:
    return stage_table()["3"]


def names(emitted: list[dict[str, Any]]) -> list[str]:
    return [event["event"].removeprefix("app-build.") for event in emitted]


async def test_every_event_is_about_the_build_and_carries_what_is_listed(
    emitted: list[dict[str, Any]], recorder: BuildRecorder, stage: Stage
) -> None:
    await recorder.stage_started(stage, ())
    await recorder.stage_completed(stage, StageRecord(status=StageStatus.COMPLETED))
    await recorder.stage_interrupted(stage)
    await recorder.stage_failed(stage, attempts=1, error="why", seconds=0.1)
    recorder.files_written(stage, 1, 1)
    recorder.fix_attempted(
        stage, Fix(number=2, failing="test_it", failures_before=3, outcome=FixOutcome.WORSE)
    )

    assert names(emitted) == [
        "stage.started",
        "stage.completed",
        "stage.interrupted",
        "stage.failed",
        "files.written",
        "fix.attempted",
    ]
    for event in emitted:
        assert set(event["payload"]) == set(EVENTS[event["event"]].model_fields)
        assert event["payload"]["stage"] == "3"
        assert event["payload"]["name"] == "schema-generator"
        assert event["resource"] == {
            "prefect.resource.id": "app-build.b-1",
            "prefect.resource.name": "B",
            "app-build.project-id": "b",
        }
    assert emitted[-1]["payload"]["outcome"] == "worse"


@pytest.mark.parametrize(
    ("error", "limit"), [(CallLimitError, "calls"), (SpendingLimitError, "money")]
)
async def test_a_limit_that_halts_a_build_is_told_by_its_kind(
    emitted: list[dict[str, Any]],
    recorder: BuildRecorder,
    stage: Stage,
    error: type[Exception],
    limit: str,
) -> None:
    await recorder.stage_failed(
        stage, attempts=1, error="too much", seconds=0.1, cause=error.__name__
    )
    assert names(emitted) == ["limit.reached", "stage.failed"]
    assert emitted[0]["payload"]["limit"] == limit
    assert emitted[0]["payload"]["error"] == "too much"


async def test_another_failure_is_no_limit(
    emitted: list[dict[str, Any]], recorder: BuildRecorder, stage: Stage
) -> None:
    await recorder.stage_failed(
        stage, attempts=3, error="e" * 5_000, seconds=0.1, cause="ProviderFailedError"
    )
    assert names(emitted) == ["stage.failed"]
    told = emitted[0]["payload"]["error"]
    assert len(told) == 2_000
    assert told.endswith("…")
    assert len(recorder.record.stages["3"].error) == 5_000, "the record has all of it"


async def test_a_failure_is_told_when_it_is_the_end_and_not_where_the_build_goes_on(
    emitted: list[dict[str, Any]], recorder: BuildRecorder, stage: Stage
) -> None:
    async def failing(left_by: type[BaseException] | None) -> None:
        with recorder.failures_held():
            await recorder.stage_failed(
                stage, attempts=1, error="much", seconds=0.1, cause=SpendingLimitError.__name__
            )
            assert recorder.record.failed_at == "3", "it is written down at once"
            assert not emitted
            if left_by is not None:
                raise left_by

    await failing(None)
    for waiting in (Pause, asyncio.CancelledError):
        with pytest.raises(waiting):
            await failing(waiting)
    assert emitted == []
    with pytest.raises(KeyError):
        await failing(KeyError)
    assert names(emitted) == ["limit.reached", "stage.failed"]
    await recorder.stage_failed(stage, attempts=1, error="why", seconds=0.1)
    assert len(emitted) == 3, "nothing is held any more"


@pytest.mark.parametrize(("total", "told"), [(3, 3), (10, 10), (200, 10), (1_000, 10)])
def test_files_are_told_at_every_tenth_part(
    emitted: list[dict[str, Any]], recorder: BuildRecorder, stage: Stage, total: int, told: int
) -> None:
    for done in range(1, total + 1):
        recorder.files_written(stage, done, total)
    assert len(emitted) == told
    assert emitted[-1]["payload"]["done"] == emitted[-1]["payload"]["total"] == total
