"""Code is written only by a structure that a person approved, where that is wanted."""

import asyncio
from pathlib import Path

import pytest
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client

from core.artifacts.build_record import BuildRecord
from core.artifacts.decisions import Decisions
from core.errors import StageFailedError
from core.layout import DECISIONS
from core.options import BuildOptions
from tests.flows.first_stages import NOTES, answer_waiting, first_stages, record_of, waiting_run

APPROVING = BuildOptions(approve_structure=True)
WISH = "Give the front page a file of its own for styles."

pytestmark = pytest.mark.usefixtures("prefect_server")


def begun() -> asyncio.Task[BuildRecord]:
    return asyncio.create_task(first_stages(NOTES, APPROVING, "5"))


async def test_a_structure_is_changed_refused_forgotten_and_approved(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with get_client() as client:
        building = begun()
        await waiting_run(client, home)
        page = await Artifact.aget(f"structure-{record_of(home).build_id}")
        assert page is not None
        for told in ("`app/main.py`", "| FR-1 | `test_", "`fastapi`", "is expected to cost"):
            assert told in str(page.data)
        await answer_waiting(client, home, {"action": "Change the structure", "changes": WISH})
        folder = home / "store" / "project" / record_of(home).build_id
        await answer_waiting(client, home, {"action": "Stop here"})
        with pytest.raises(StageFailedError, match="a person did not approve the structure"):
            await building
        told = [
            path for path in (folder / "report/calls/4").rglob("*.md") if WISH in path.read_text()
        ]
        assert told, "the model of stage 4 reads what is wanted"

        monkeypatch.setenv("APP_BUILDER_ANSWER_SECONDS", "1")
        with pytest.raises(StageFailedError, match="nobody approved the structure in time"):
            await begun()
        assert record_of(home).stages["4"].cached, "the wish is not asked again"

        monkeypatch.delenv("APP_BUILDER_ANSWER_SECONDS")
        building = begun()
        await answer_waiting(client, home, {})
        assert (await building).stages["5"].cached
        decisions = Decisions.model_validate_json((folder / DECISIONS).read_text()).decisions
        assert [(one.answer["action"], one.attended) for one in decisions.values()] == [
            ("Change the structure", True),
            ("Stop here", True),
            ("Stop here", False),
            ("Write the code", True),
        ]
        await first_stages(NOTES, APPROVING, "5")
