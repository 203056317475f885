"""What stage 1 finds unclear is asked of a person, who may answer or not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import Pause
from prefect.states import AwaitingRetry, Crashed

from core.artifacts.decisions import Decisions
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import ClarificationHistory, CleanSpec, RefinedSpec
from core.layout import CLARIFICATION_HISTORY, DECISIONS, SPECS_CLEAN, SPECS_REFINED
from core.options import BuildOptions
from flows.answer_for_people import answer_for_people
from tasks.unanswered import GRACE_SECONDS
from tests.flows.first_stages import (
    deployed_run,
    first_stages,
    record_of,
    waiting_run,
    worked_on,
)

VAGUE = Questionnaire(project_name="Notes", summary="Keeps short notes.")
"""The demo model asks what it keeps, and who uses it."""
ASKING = BuildOptions(interactive=True)
SPECS: dict[str, Any] = {"questionnaire": VAGUE, "options": ASKING, "last": "1.5"}

pytestmark = pytest.mark.usefixtures("prefect_server")


def read(home: Path, path: str) -> str:
    return (home / "store" / "project" / record_of(home).build_id / path).read_text()


def history(home: Path) -> ClarificationHistory:
    return ClarificationHistory.model_validate_json(read(home, CLARIFICATION_HISTORY))


async def test_without_a_deployment_it_waits_and_works_the_answers_in(home: Path) -> None:
    building = asyncio.create_task(first_stages(VAGUE, ASKING, "1.5"))
    async with get_client() as client:
        run = await waiting_run(client, home)
        assert run.state is not None
        keyset = run.state.state_details.run_input_keyset
        assert keyset is not None
        schema = json.loads(await client.read_flow_run_input(run.id, keyset["schema"]))
        assert [field["title"] for field in schema["properties"].values()] == [
            "No further questions",
            "What kinds of things should it keep?",
            "Who uses it?",
        ]
        assert (
            "may see. Left empty: There is one kind of user"
            in (schema["properties"]["answer_2"]["description"])
        )
        await client.resume_flow_run(run.id, run_input={"answer_2": " Only me. "})
    await building
    (asked,) = history(home).rounds
    assert [one.answered_by for one in asked.questions] == ["assumption", "person"]
    assert asked.questions[1].answer == "Only me."
    refined = RefinedSpec.model_validate_json(read(home, SPECS_REFINED))
    assert refined.answers == ("Who uses it? Only me.",)
    assert not any("one kind of user" in text for text in refined.assumptions)
    assert any("one kind of thing" in text for text in refined.assumptions)
    assert "Who uses it? Only me." in (
        CleanSpec.model_validate_json(read(home, SPECS_CLEAN)).constraints
    )

    unattended = await first_stages(VAGUE, BuildOptions(), "1.5")
    assert unattended.stages["1"].cached, "what was answered holds in every later run"
    assert history(home).rounds == (asked,)


async def test_deployed_it_is_suspended_and_answered_for_when_the_time_is_up(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with get_client() as client:
        run = await deployed_run(client, SPECS)
        with pytest.raises(Pause):
            await worked_on(client, run, SPECS)
        await client.set_flow_run_state(run.id, Crashed(), force=True)
        await client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
        with pytest.raises(Pause):  # nobody answered, so it is asked again
            await worked_on(client, run, SPECS)
        assert str(run.id) not in await answer_for_people(), "there is time left"
        monkeypatch.setattr("tasks.unanswered.GRACE_SECONDS", GRACE_SECONDS + 86_400)
        assert str(run.id) in await answer_for_people()
        monkeypatch.undo()
        assert str(run.id) not in await answer_for_people(), "it is not suspended any more"
        monkeypatch.setenv("APP_BUILDER_HOME", str(home))
        assert (await worked_on(client, run, SPECS)).is_completed()
    (asked,) = history(home).rounds
    assert {one.answered_by for one in asked.questions} == {"assumption"}
    (decision,) = Decisions.model_validate_json(read(home, DECISIONS)).decisions.values()
    assert not decision.attended
