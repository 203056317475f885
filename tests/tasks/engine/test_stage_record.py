"""When a stage's calls are shown: beside what is left to do after the last of them."""

import asyncio
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from core.errors import StageFailedError
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_record import recorded
from tests.tasks.sessions import ScriptedModel, open_session

RECORD = "project/{build}/report/calls/3.5/structural-validator/20260103T050607.089Z-n.md"

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
async def session(tmp_path: Path, request: pytest.FixtureRequest) -> BuildSession:
    """A session with one recorded call, whose artifacts have keys of their own on the server."""
    opened = open_session(tmp_path, ScriptedModel([]))
    opened.build_id = request.node.name.replace("_", "-")
    key = RECORD.format(build=opened.build_id)
    await opened.store.write_text(key, "# A call\n")
    return opened


async def calls_shown(session: BuildSession) -> int:
    key = ArtifactFilterKey(any_=[f"calls-3-5-{session.build_id}"])
    async with get_client() as client:
        return len(await client.read_artifacts(artifact_filter=ArtifactFilter(key=key)))


async def test_calls_are_shown_while_the_stage_goes_on_after_the_last_of_them(
    session: BuildSession,
) -> None:
    @flow
    async def run() -> None:
        async with recorded(session, session.table["3.5"]) as done, asyncio.timeout(60):
            assert await calls_shown(session) == 0
            done.all_asked.set()
            while True:
                if await calls_shown(session):
                    break
                await asyncio.sleep(0.05)

    await run()
    assert await calls_shown(session) == 1


async def test_a_stage_that_says_nothing_shows_its_calls_at_its_end(session: BuildSession) -> None:
    @flow
    async def run() -> None:
        async with recorded(session, session.table["3.5"]):
            pass

    await run()
    assert await calls_shown(session) == 1


async def test_a_stage_that_fails_leaves_nothing_behind_that_waits(session: BuildSession) -> None:
    @flow
    async def run() -> None:
        before = asyncio.all_tasks()
        with pytest.raises(StageFailedError, match="no disk"):
            async with recorded(session, session.table["3.5"]):
                raise OSError("no disk")
        await asyncio.sleep(0)
        assert asyncio.all_tasks() <= before

    await run()
    assert await calls_shown(session) == 0
