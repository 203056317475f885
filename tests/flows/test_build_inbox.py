"""Questionnaires that are dropped into the inbox: each is built once, or rejected with a reason."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from core.artifacts.inbox import InboxLook
from core.errors import StorageError
from flows.build_inbox import build_inbox
from tasks.inbox import steps
from tasks.inbox.folder import InboxFolder
from tests.tasks.inbox.inboxes import Inbox, deployed_inbox, notes

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
async def inbox(home: Path) -> Inbox:
    return await deployed_inbox(f"file://{home}/store")


BAD = {
    "bad-field.json": '{"project_name": "Notes", "summary": "s", "colour": "red"}',
    "bad-missing.json": '{"project_name": "Notes"}',
    "bad-reference.json": json.dumps(
        {
            "project_name": "Notes",
            "summary": "s",
            "entities": [
                {
                    "name": "Note",
                    "fields": [{"name": "owner", "type": "reference", "target": "Person"}],
                }
            ],
        }
    ),
    "bad-list.json": "[]",
    "bad-json.json": '{"project_name": "Notes", ',
}


async def run(inbox: Inbox) -> InboxLook:
    return await build_inbox(deployment=f"build-app/{inbox.deployment}")


async def test_of_twenty_questionnaires_fifteen_are_built_once_and_five_rejected(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 different questionnaires in 21 files: 15 good ones, of which one is there twice."""
    good = {f"good-{number:02}.json": notes(number) for number in range(15)}
    for name, text in {**good, **BAD, "again.json": notes(3)}.items():
        await inbox.drop(name, text)
    await inbox.drop("good-14.json", notes(14)[:30])  # somebody is still writing it

    first = await run(inbox)
    became = Counter(file.became for file in first.files)
    assert became == {"taken": 14, "known": 1, "rejected": 4, "unfinished": 2}
    assert len(await inbox.runs()) == 14
    assert await inbox.names() == ["bad-json.json", "good-14.json"]

    await inbox.drop("good-14.json", notes(14))
    monkeypatch.setattr(steps, "SETTLED", timedelta(0))
    second = await run(inbox)
    assert {file.file: file.became for file in second.files} == {
        "bad-json.json": "rejected",
        "good-14.json": "taken",
    }

    runs = await inbox.runs()
    assert len(runs) == 15
    asked = {run.parameters["questionnaire"]["project_name"] for run in runs}
    assert asked == {f"Notes {number}" for number in range(15)}
    assert len(await inbox.names("taken/")) == 15
    assert await inbox.names() == []
    rejected = await inbox.names("rejected/")
    assert len(rejected) == 10
    assert {name for name in rejected if name.endswith(".json")} == set(BAD)
    for name in BAD:
        reason = name.replace(".json", ".reason.txt")
        assert len(await inbox.store.read_text(f"inbox/rejected/{reason}")) > 10
    assert "summary: Field required" in await inbox.store.read_text(
        "inbox/rejected/bad-missing.reason.txt"
    )


async def test_what_cannot_be_handled_stays_and_keeps_nobody_waiting(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await inbox.drop("a.json", notes(1))
    await inbox.drop("b.json", notes(2))
    read = InboxFolder.read

    async def broken(self: InboxFolder, name: str) -> bytes | None:
        if name == "a.json":
            raise StorageError("the store broke")
        return await read(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(InboxFolder, "read", broken)
        with pytest.raises(StorageError):
            await run(inbox)
    assert await inbox.names() == ["a.json"]
    assert len(await inbox.runs()) == 1
    (kept,) = (await inbox.store.read_artifact("reports/inbox.json", InboxLook)).files
    assert (kept.file, kept.became) == ("b.json", "taken")
