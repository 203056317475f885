"""Where files of the inbox go, in a folder and on an imitated S3."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.session
import pytest

from providers.storage.artifact_store import ArtifactStore
from tasks.inbox.folder import Arrival, InboxFolder
from tests.providers.secrets.aws_server import aws_server, use_aws


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with aws_server() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, aws: str, monkeypatch: pytest.MonkeyPatch
) -> ArtifactStore:
    if request.param == "folder":
        return ArtifactStore(f"file://{tmp_path}")
    use_aws(monkeypatch, aws)
    bucket = f"inbox-{uuid4().hex}"
    client: Any = botocore.session.get_session().create_client("s3", endpoint_url=aws)
    client.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return ArtifactStore(f"s3://{bucket}/team?endpoint={aws}")


async def drop(store: ArtifactStore, name: str, content: bytes) -> None:
    await store.write_bytes(f"inbox/{name}", content)


async def test_what_was_taken_or_rejected_is_no_arrival(store: ArtifactStore) -> None:
    for name in ("b.json", "a.json", "taken/x.json", "rejected/y.json", "team/z.json"):
        await drop(store, name, b"{}")
    assert await InboxFolder(store).arrivals() == [
        Arrival("a.json", 2),
        Arrival("b.json", 2),
        Arrival("team/z.json", 2),
    ]


async def test_an_inbox_that_nobody_made_is_empty(store: ArtifactStore) -> None:
    assert await InboxFolder(store).arrivals() == []


async def test_a_file_is_taken_under_its_builds_id(store: ArtifactStore) -> None:
    await drop(store, "a.json", b"{}")
    folder = InboxFolder(store)
    assert not await folder.was_taken("notes-1")
    assert await folder.take("a.json", b"{}", "notes-1")
    assert await folder.was_taken("notes-1")
    assert await folder.arrivals() == []


async def test_a_file_that_was_written_anew_stays(store: ArtifactStore) -> None:
    await drop(store, "a.json", b"new")
    folder = InboxFolder(store)
    assert not await folder.take("a.json", b"old", "notes-1")
    assert await folder.read("a.json") == b"new"


async def test_a_file_that_somebody_took_away_is_gone(store: ArtifactStore) -> None:
    folder = InboxFolder(store)
    assert await folder.read("a.json") is None
    assert await folder.remove("a.json", b"old")


async def test_a_rejected_file_has_its_reason_beside_it(store: ArtifactStore) -> None:
    await drop(store, "a.json", b"bad")
    folder = InboxFolder(store)
    assert await folder.reject("a.json", b"bad", "summary: missing")
    assert await store.read_bytes("inbox/rejected/a.json") == b"bad"
    assert await store.read_text("inbox/rejected/a.reason.txt") == "summary: missing\n"
    assert await folder.arrivals() == []


async def test_another_rejected_file_of_the_same_name_is_kept(store: ArtifactStore) -> None:
    folder = InboxFolder(store)
    for content in (b"first", b"second", b"second"):
        await drop(store, "a.json", content)
        assert await folder.reject("a.json", content, "no")
    files = await store.list_keys("inbox/rejected")
    assert len(files) == 4
    assert await store.read_bytes("inbox/rejected/a.json") == b"first"


async def test_a_name_too_long_for_its_reason_is_shortened(store: ArtifactStore) -> None:
    name = "n" * 240 + ".json"
    await drop(store, name, b"bad")
    folder = InboxFolder(store)
    assert await folder.reject(name, b"bad", "no")
    assert await folder.arrivals() == []
    assert len(await store.list_keys("inbox/rejected")) == 2
