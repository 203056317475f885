"""What is done with each file of the inbox."""

import json
from pathlib import Path

import pytest
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from core.errors import ConfigurationError
from tasks.inbox.folder import InboxFolder
from tests.tasks.inbox.inboxes import Inbox, deployed_inbox, notes

pytestmark = pytest.mark.usefixtures("prefect_server")


class KilledError(BaseException):
    """The process is gone."""


@pytest.fixture
async def inbox(home: Path) -> Inbox:
    return await deployed_inbox(f"file://{home}/store")


async def test_a_look_that_is_killed_starts_nothing_twice_and_loses_nothing(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await inbox.drop("a.json", notes(1))
    await inbox.drop("b.json", notes(2))

    async def killed(*_: object) -> None:
        raise KilledError

    for step in ("take", "remove"):
        with monkeypatch.context() as patch:
            patch.setattr(InboxFolder, step, killed)
            with pytest.raises(KilledError):
                await inbox.look()
        assert await inbox.names() == ["a.json", "b.json"]
        assert len(await inbox.runs()) == 1

    await inbox.look()
    assert await inbox.names() == []
    assert len(await inbox.runs()) == 2


async def test_a_file_that_stays_open_is_left_until_it_has_settled(inbox: Inbox) -> None:
    await inbox.drop("open.json", notes()[:20])
    await inbox.look()
    first = inbox.found.unfinished
    assert [file.became for file in await inbox.look()] == ["unfinished"]
    assert inbox.found.unfinished == first
    await inbox.drop("open.json", notes()[:25])
    await inbox.look()
    (grown,) = inbox.found.unfinished
    assert grown.digest != first[0].digest
    assert await inbox.runs() == []


@pytest.mark.parametrize(
    ("ended", "runs", "became"),
    [(None, 1, "known"), (Completed(), 1, "known"), (Failed(), 2, "taken")],
)
async def test_what_is_dropped_again_goes_on_only_where_it_ended_without_a_result(
    inbox: Inbox, ended: State[None] | None, runs: int, became: str
) -> None:
    await inbox.drop("a.json", notes())
    await inbox.look()
    if ended is not None:
        await inbox.end(ended)
    await inbox.drop("later.json", notes())
    (file,) = await inbox.look()
    assert file.became == became
    assert len(await inbox.runs()) == runs
    assert await inbox.names() == []


async def test_files_that_are_none_of_ours_stay_where_they_are(inbox: Inbox) -> None:
    await inbox.drop("notes.txt", "hello")
    await inbox.drop("team/a.json", notes())
    found = await inbox.look()
    assert [file.became for file in found] == ["left", "left"]
    assert await inbox.runs() == []


async def test_a_deployment_that_is_not_there_is_named(inbox: Inbox) -> None:
    await inbox.drop("a.json", notes())
    inbox.deployment = "nobody"
    with pytest.raises(ConfigurationError, match="build-app/nobody"):
        await inbox.look()
    assert await inbox.names() == ["a.json"]


async def test_a_questionnaire_that_no_run_takes_is_rejected(inbox: Inbox) -> None:
    await inbox.drop("a.json", json.dumps({"project_name": "N", "summary": "é" * 59_000}))
    large = [{"title": f"t{number}", "description": "\U0001f600" * 4_900} for number in range(12)]
    await inbox.drop("b.json", json.dumps({"project_name": "N", "summary": "s", "features": large}))
    found = await inbox.look()
    assert [file.became for file in found] == ["taken", "rejected"]
    assert "bytes of JSON" in found[1].reason
