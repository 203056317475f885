"""Keys are given without blocking the event loop, and looked up anew where one was refused."""

import asyncio
import logging
import threading
import time

import pytest

from core.errors import StorageError
from core.redaction import Redaction
from providers.llm.api_key import ApiKey
from providers.secrets.cached import CachedSecrets
from providers.secrets.chain import SecretChain
from providers.secrets.environment import EnvironmentSecrets

NAME = "ACME_API_KEY"


class Vault:
    """A source over a network: slow, and in the thread that asks."""

    def __init__(self, value: str | None = "first-key") -> None:
        self.value = value
        self.error: StorageError | None = None
        self.threads: list[threading.Thread] = []

    def places(self, name: str) -> tuple[str, ...]:
        return (f"the vault ({name})",)

    def get(self, name: str) -> str | None:
        assert name == NAME
        self.threads.append(threading.current_thread())
        time.sleep(0.05)
        if self.error is not None:
            raise self.error
        return self.value


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def in_chain(vault: Vault, clock: Clock) -> ApiKey:
    cached = CachedSecrets(vault, clock=clock)
    return ApiKey(SecretChain([EnvironmentSecrets({}), cached]), NAME)


async def test_a_lookup_over_the_network_is_made_in_a_thread_and_then_from_memory() -> None:
    vault, clock = Vault(), Clock()
    key = in_chain(vault, clock)
    assert await asyncio.gather(*(key.current() for _ in range(20))) == ["first-key"] * 20
    assert await key.current() == "first-key"
    assert len(vault.threads) == 1
    clock.now, vault.value = 8 * 3600, "second-key"
    assert await key.current() == "second-key", "the key of hours ago is not given"
    assert len(vault.threads) == 2
    assert threading.main_thread() not in vault.threads


async def test_a_source_that_does_not_say_is_asked_in_a_thread() -> None:
    vault = Vault()
    key = ApiKey(vault, NAME)
    assert await key.current() == "first-key"
    vault.value = "second-key"
    assert await key.other_than("first-key") == "second-key"
    vault.value = "third-key"
    assert await key.other_than("third-key") is None
    assert threading.main_thread() not in vault.threads


async def test_the_environment_is_read_where_it_stands() -> None:
    environment = {NAME: "first-key"}
    key = ApiKey(EnvironmentSecrets(environment), NAME)
    assert await key.current() == "first-key"
    environment[NAME] = "second-key"
    assert await key.other_than("first-key") == "second-key"
    assert await key.other_than("second-key") is None


async def test_a_key_that_many_calls_saw_refused_is_looked_up_once() -> None:
    vault = Vault()
    key = in_chain(vault, Clock())
    assert await key.current() == "first-key"
    refused = [key.other_than("first-key") for _ in range(20)]
    assert await asyncio.gather(*refused) == [None] * 20
    assert len(vault.threads) == 2
    vault.value = "second-key"
    refused = [key.other_than("first-key") for _ in range(20)]
    assert await asyncio.gather(*refused) == ["second-key"] * 20
    assert len(vault.threads) == 3
    assert await key.current() == "second-key"


async def test_a_source_in_trouble_has_no_other_key(caplog: pytest.LogCaptureFixture) -> None:
    vault = Vault()
    key = in_chain(vault, Clock())
    await key.current()
    vault.error = StorageError("the vault is shut")
    with caplog.at_level(logging.WARNING):
        assert await key.other_than("first-key") is None
    assert f"{NAME} was refused; a look for another: the vault is shut" in caplog.messages
    assert await key.current() == "first-key"


async def test_a_key_that_is_gone_is_none_and_every_key_given_is_told() -> None:
    environment = {NAME: "first-key"}
    redaction = Redaction()
    key = ApiKey(EnvironmentSecrets(environment), NAME, redaction)
    await key.current()
    environment[NAME] = "second-key"
    await key.other_than("first-key")
    assert redaction("first-key, second-key") == "[key], [key]"
    del environment[NAME]
    assert await key.other_than("second-key") is None
    assert await key.current() is None


async def test_a_provider_without_a_key_is_given_none() -> None:
    key = ApiKey(Vault(), None)
    assert await key.current() is None
    assert await key.other_than("any-key") is None
