"""A build that reached its limit of money asks whether it may cost more."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from core.artifacts.build_record import BuildStatus
from core.build_events import LIMIT_REACHED, STAGE_FAILED
from core.errors import StageFailedError
from core.options import BuildOptions
from tests.flows.faulty_model import FaultyModel, faulty_model
from tests.flows.first_stages import NOTES, answer_waiting, first_stages, record_of, waiting_run

MODELS = {"all": "openai/gpt-4o"}
ASKING = BuildOptions(models=MODELS, interactive=True)
UNATTENDED = BuildOptions(models=MODELS)

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def model(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyModel]:
    """A model with a price, of which the worst case of one call is above the limit."""
    monkeypatch.setenv("APP_BUILDER_SPENDING__PER_BUILD_USD", "0.01")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    with faulty_model() as (faulty, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        yield faulty


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which events of limits and failures were sent."""
    events: list[str] = []

    def emit(**event: Any) -> None:
        if event["event"] in {LIMIT_REACHED, STAGE_FAILED}:
            events.append(event["event"])

    monkeypatch.setattr("tasks.engine.build_events.emit_event", emit)
    return events


async def test_a_person_may_let_the_build_cost_more(
    model: FaultyModel, home: Path, told: list[str]
) -> None:
    with pytest.raises(StageFailedError, match="raise APP_BUILDER_SPENDING__PER_BUILD_USD"):
        await first_stages(NOTES, UNATTENDED, "1.5")
    building = asyncio.create_task(first_stages(NOTES, ASKING, "1.5"))
    async with get_client() as client:
        run = await waiting_run(client, home)
        assert run.state is not None
        keyset = run.state.state_details.run_input_keyset
        assert keyset is not None
        form = json.loads(await client.read_flow_run_input(run.id, keyset["schema"]))
        assert form["properties"]["limit_usd"]["exclusiveMinimum"] == 0.01
        assert form["properties"]["limit_usd"]["maximum"] == 100
        assert form["unattended"] == {"action": "Stop here"}
        assert not model.asked
        await answer_waiting(client, home, {"action": "Raise the limit", "limit_usd": 5})
    await asyncio.wait_for(building, 60)
    record = record_of(home)
    assert record.failed_at is None
    assert record.totals.cost_usd > 0
    # The run after finds stage 1 done: nobody is asked again for what was allowed.
    assert (await first_stages(NOTES, UNATTENDED, "2")).status is not BuildStatus.FAILED
    # Halted once, before anybody was asked; the limit that was raised halted nothing.
    assert told == ["app-build.limit.reached", "app-build.stage.failed"]


async def test_nobody_is_asked_where_the_limit_may_not_be_raised(
    model: FaultyModel, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_BUILDER_SPENDING__RAISED_PER_BUILD_USD", "0.01")
    with pytest.raises(StageFailedError, match="raise APP_BUILDER_SPENDING__PER_BUILD_USD"):
        await first_stages(NOTES, ASKING, "1.5")
    monkeypatch.delenv("APP_BUILDER_SPENDING__RAISED_PER_BUILD_USD")
    monkeypatch.setenv("APP_BUILDER_ANSWER_SECONDS", "1")
    with pytest.raises(StageFailedError, match="raise APP_BUILDER_SPENDING__PER_BUILD_USD"):
        await first_stages(NOTES, ASKING, "1.5")
    assert record_of(home).failed_at == "1"
