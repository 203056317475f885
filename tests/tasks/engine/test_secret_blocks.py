"""Against Prefect's own server: only it shows how blocks are stored and read."""

import asyncio
import logging
import pickle
from uuid import uuid4

import pytest
from prefect import flow
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings

from core.errors import AppBuilderError, ConfigurationError, StorageError
from providers.secrets.cached import CachedSecrets
from tasks.engine import secret_blocks
from tasks.engine.secret_blocks import SecretBlocks, default_block_name
from tests.providers.secrets.answering import answering

SECRET = "sk-4f1c-planted"

pytestmark = pytest.mark.usefixtures("prefect_server")


async def saved(value: object) -> str:
    """A new block with this value, and the name of the secret it belongs to."""
    name = f"KEY_{uuid4().hex.upper()}"
    await Secret.model_validate({"value": value}).asave(default_block_name(name))
    return name


async def test_a_secret_is_read_from_the_block_that_is_named_like_it() -> None:
    assert default_block_name("OPENROUTER_API_KEY") == "openrouter-api-key"
    name = await saved(f" {SECRET}\n")
    assert SecretBlocks().get(name) == SECRET
    assert SecretBlocks({"OTHER": default_block_name(name)}).get("OTHER") == SECRET
    assert SecretBlocks({"OTHER": "x"}).places("OTHER") == ("Prefect secret block x",)


async def test_a_key_of_digits_stays_text() -> None:
    assert SecretBlocks().get(await saved("0123")) == "0123"


async def test_what_is_missing_or_blank_is_none() -> None:
    assert SecretBlocks().get("NO_SUCH_KEY") is None
    assert SecretBlocks().get(await saved("  ")) is None


async def test_what_is_not_text_is_refused_without_showing_it() -> None:
    name = await saved({"key": SECRET})
    with pytest.raises(ConfigurationError, match="holds no text") as refused:
        SecretBlocks().get(name)
    assert SECRET not in repr((refused.value, pickle.dumps(refused.value)))


async def test_it_is_read_inside_a_flow_and_in_a_thread_of_its_own() -> None:
    name = await saved(SECRET)
    found: list[str | None] = []

    @flow
    async def reading() -> None:
        found.append(SecretBlocks().get(name))
        found.append(await asyncio.to_thread(SecretBlocks().get, name))

    await reading()
    assert found == [SECRET, SECRET]


async def test_a_changed_block_is_seen_in_the_background() -> None:
    name = await saved("first")
    cached = CachedSecrets(SecretBlocks(), fresh_seconds=0)
    assert cached.get(name) == "first"
    await Secret.model_validate({"value": "second"}).asave(default_block_name(name), overwrite=True)
    for _ in range(500):
        if cached.get(name) == "second":
            break
        await asyncio.sleep(0.01)
    assert cached.get(name) == "second"


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_blocks, "RETRIES", 0)
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(StorageError, match=r"http://127\.0\.0\.1:9/api' does not answer"),
    ):
        SecretBlocks().get("KEY")


def test_no_server_is_started_for_it() -> None:
    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(ConfigurationError, match="set PREFECT_API_URL, or take 'prefect' out"),
    ):
        SecretBlocks().get("KEY")


async def test_a_value_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    name = await saved(SECRET)
    with caplog.at_level(logging.DEBUG):
        assert SecretBlocks().get(name) == SECRET
    assert SECRET not in caplog.text
    assert SECRET not in repr(SecretBlocks())


@pytest.mark.parametrize(("status", "error_type"), [(401, ConfigurationError), (500, StorageError)])
def test_a_server_that_refuses_is_told(
    status: int, error_type: type[AppBuilderError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_blocks, "RETRIES", 0)
    with (
        answering(status, b"{}") as url,
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(error_type, match=f"answers HTTP {status}"),
    ):
        SecretBlocks().get("KEY")
