"""The store on S3, against an imitation of S3 in this process."""

import asyncio
from typing import Any

import pytest

from core.errors import InputError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.s3_tree import content_type
from tests.providers.secrets.answering import answering
from tests.providers.storage.store_suite import StoreSuite


@pytest.fixture
def client(s3_client: Any) -> Any:
    return s3_client


@pytest.fixture
def bucket(s3_bucket: str) -> str:
    return s3_bucket


@pytest.fixture
def store(s3_store: ArtifactStore) -> ArtifactStore:
    return s3_store


class TestS3(StoreSuite):
    """In a bucket."""


async def test_keys_with_what_urls_and_paths_give_a_meaning_come_back(store: ArtifactStore) -> None:
    keys = ["ab::b/c", "~/a", "file:/a", "%2e%2e/a", "a b+c&d=e?f#g", "ü/🙂"]
    for key in keys:
        await store.write_text(key, key)
    assert await store.list_keys("") == sorted(keys)
    for key in keys:
        assert await store.read_text(key) == key
        assert store.url_of(key) == f"{store.url}/{key}"


async def test_a_store_keeps_to_its_prefix(store: ArtifactStore, bucket: str, client: Any) -> None:
    client.put_object(Bucket=bucket, Key="some/prefixed", Body=b"another's")
    await store.write_text("a/b", "mine")
    assert await store.list_keys("") == ["a/b"]
    assert store.url == f"s3://{bucket}/some/prefix"
    listed = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == ["some/prefix/a/b", "some/prefixed"]


async def test_a_key_that_would_be_taken_for_a_version_of_another_is_refused(
    store: ArtifactStore,
) -> None:
    with pytest.raises(InputError, match="versionId"):
        await store.write_text("a?versionId=1", "x")
    assert await store.list_keys("") == []


async def test_encryption_and_storage_class_are_asked_for(bucket: str, client: Any) -> None:
    url = f"s3://{bucket}/p?encryption=aws:kms&kms_key=a-key&storage_class=STANDARD_IA"
    await ArtifactStore(url).write_text("docs/docs.md", "# Docs")
    kept = client.head_object(Bucket=bucket, Key="p/docs/docs.md")
    assert kept["ServerSideEncryption"] == "aws:kms"
    assert kept["SSEKMSKeyId"] == "a-key"
    assert kept["StorageClass"] == "STANDARD_IA"
    assert kept["ContentType"] == "text/markdown; charset=utf-8"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("project/b/specs/schema.json", "application/json; charset=utf-8"),
        ("project/b/docs/docs.md", "text/markdown; charset=utf-8"),
        ("project/b/report/chart.svg", "image/svg+xml"),
        ("project/b/report/chart.png", "image/png"),
        ("project/b/code/static/index.html", "text/plain; charset=utf-8"),
        ("project/b/code/logo.svg", "text/plain; charset=utf-8"),
        ("project/b/code/package.json", "text/plain; charset=utf-8"),
        ("cache/results/0a1b", "text/plain; charset=utf-8"),
        ("cache/a.json.gz", "text/plain; charset=utf-8"),
    ],
)
def test_a_browser_shows_documents_and_runs_nothing(key: str, expected: str) -> None:
    assert content_type(key) == expected


@pytest.mark.usefixtures("client")
async def test_a_missing_bucket_is_no_empty_store() -> None:
    store = ArtifactStore("s3://nobody-made-this/p")
    for request in (store.read_text("a"), store.exists("a"), store.list_keys("")):
        with pytest.raises(StorageError, match="no bucket 'nobody-made-this'"):
            await request


async def test_a_bucket_that_goes_later_is_told_too(
    store: ArtifactStore, bucket: str, client: Any
) -> None:
    assert not await store.exists("a")
    client.delete_bucket(Bucket=bucket)
    with pytest.raises(StorageError, match=f"no bucket '{bucket}'"):
        await store.read_text("a")


async def test_without_credentials_the_message_says_what_to_set(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageError, match=r"no credentials for s3://bucket-.*AWS_ACCESS_KEY_ID"):
        await store.exists("a")


@pytest.mark.usefixtures("client")
async def test_a_refusal_is_told_and_not_taken_for_an_absence() -> None:
    body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>wrong key</Message></Error>"
    with answering(403, body) as url:
        store = ArtifactStore(f"s3://bucket/p?endpoint={url}")
        with pytest.raises(StorageError, match=r"cannot read 'a' .*PermissionError: wrong key"):
            await store.read_text("a")
        with pytest.raises(StorageError, match="cannot look for 'a'"):
            await store.exists("a")


def test_a_store_serves_several_event_loops(store: ArtifactStore) -> None:
    asyncio.run(store.write_text("a", "x"))
    assert asyncio.run(store.read_text("a")) == "x"


async def test_requests_whose_callers_went_away_do_the_others_no_harm(store: ArtifactStore) -> None:
    await store.write_text("a", "x" * 100_000)
    for number in range(20):
        asked = [
            asyncio.create_task(store.read_text("a")),
            asyncio.create_task(store.write_text("b", f"{number}")),
        ]
        await asyncio.sleep(number / 2_000)
        for task in asked:
            task.cancel()
        assert await store.read_text("a") == "x" * 100_000
        await asyncio.wait(asked)
    await store.write_text("b", "last")
    assert await store.read_text("b") == "last"
