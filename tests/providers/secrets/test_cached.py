import copy
import logging
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from core.errors import StorageError
from core.secrets import NotAtHandError
from providers.secrets.cached import OLD_SECONDS, CachedSecrets

SECRET = "sk-4f1c-planted"
WHERE: ContextVar[str] = ContextVar("where", default="elsewhere")


class Vault:
    """A source whose answers, delays and troubles a test sets."""

    def __init__(self, value: str | None = "first") -> None:
        self.value = value
        self.asked = 0
        self.asked_in: list[str] = []
        self.error: Exception | None = None
        self.open = threading.Event()
        self.open.set()

    def places(self, name: str) -> tuple[str, ...]:
        return (f"the vault ({name})",)

    def get(self, name: str) -> str | None:
        self.asked += 1
        self.asked_in.append(WHERE.get())
        value = self.value
        assert self.open.wait(5)
        if self.error is not None:
            raise self.error
        return value


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(vault: Vault, clock: Clock) -> CachedSecrets:
    return CachedSecrets(vault, fresh_seconds=60, clock=clock)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("value", ["first", None])
def test_a_fresh_answer_is_given_without_asking(clock: Clock, value: str | None) -> None:
    vault = Vault(value)
    cached = CachedSecrets(vault, fresh_seconds=60, clock=clock)
    assert cached.get("KEY") == value
    clock.now = 59.9
    assert cached.get("KEY") == value
    assert vault.asked == 1


def test_an_old_answer_is_given_at_once_and_asked_for_again_meanwhile(
    vault: Vault, clock: Clock, cached: CachedSecrets
) -> None:
    cached.get("KEY")
    vault.value = "second"
    clock.now = 60
    vault.open.clear()
    token = WHERE.set("here")
    assert [cached.get("KEY") for _ in range(5)] == ["first"] * 5
    WHERE.reset(token)
    vault.open.set()
    wait_until(lambda: cached.get("KEY") == "second")
    assert vault.asked == 2
    assert vault.asked_in == ["elsewhere", "here"]


def test_the_last_answer_stays_while_the_source_is_in_trouble(
    vault: Vault, clock: Clock, cached: CachedSecrets, caplog: pytest.LogCaptureFixture
) -> None:
    vault.value = SECRET
    cached.get("KEY")
    vault.error = StorageError("the vault is shut")
    clock.now = 60
    with caplog.at_level(logging.WARNING):
        assert cached.get("KEY") == SECRET
        wait_until(lambda: bool(caplog.messages))
    assert caplog.messages == ["KEY keeps its last value: the vault is shut"]
    wait_until(lambda: "secret-KEY" not in {thread.name for thread in threading.enumerate()})
    assert cached.get("KEY") == SECRET
    assert vault.asked == 2
    clock.now, vault.error, vault.value = 120, None, "second"
    cached.get("KEY")
    wait_until(lambda: cached.get("KEY") == "second")


def test_an_error_at_the_first_lookup_is_raised_and_not_kept(
    vault: Vault, cached: CachedSecrets
) -> None:
    vault.error = StorageError("the vault is shut")
    with pytest.raises(StorageError, match="shut"):
        cached.get("KEY")
    vault.error = None
    assert cached.get("KEY") == "first"


def test_an_answer_of_hours_ago_is_not_given(
    vault: Vault, clock: Clock, cached: CachedSecrets
) -> None:
    cached.get("KEY")
    vault.value = "second"
    clock.now = 8 * 3600
    with pytest.raises(NotAtHandError):
        cached.at_hand("KEY")
    assert cached.get("KEY") == cached.at_hand("KEY") == "second"
    assert vault.asked == 2


def test_an_old_answer_is_at_hand_for_five_minutes(
    vault: Vault, clock: Clock, cached: CachedSecrets
) -> None:
    with pytest.raises(NotAtHandError):
        cached.at_hand("KEY")
    assert vault.asked == 0
    cached.get("KEY")
    vault.open.clear()
    clock.now = OLD_SECONDS - 0.1
    assert cached.at_hand("KEY") == "first"
    clock.now = OLD_SECONDS
    with pytest.raises(NotAtHandError):
        cached.at_hand("KEY")
    vault.open.set()
    wait_until(lambda: "secret-KEY" not in {thread.name for thread in threading.enumerate()})


def test_an_answer_of_hours_ago_stays_while_the_source_is_in_trouble(
    vault: Vault, clock: Clock, cached: CachedSecrets, caplog: pytest.LogCaptureFixture
) -> None:
    cached.get("KEY")
    vault.error = StorageError("the vault is shut")
    clock.now = 8 * 3600
    with caplog.at_level(logging.WARNING):
        assert cached.get("KEY") == "first"
    assert caplog.messages == ["KEY keeps its last value: the vault is shut"]
    assert cached.get("KEY") == "first"
    assert vault.asked == 2, "a source that is down is not waited for at every lookup"


@pytest.mark.parametrize("error", [None, StorageError("the vault is shut")])
def test_lookups_at_the_same_time_wait_for_one_answer(
    vault: Vault, cached: CachedSecrets, error: StorageError | None
) -> None:
    vault.error = error
    vault.open.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(cached.get, "KEY") for _ in range(8)]
        time.sleep(0.1)  # all are waiting by now
        vault.open.set()
    if error is None:
        assert [answer.result() for answer in answers] == ["first"] * 8
    else:
        assert [answer.exception() for answer in answers] == [error] * 8
    assert vault.asked == 1


def test_a_refused_key_is_asked_for_at_once(vault: Vault, cached: CachedSecrets) -> None:
    cached.get("KEY")
    vault.value = "second"
    assert cached.refresh("KEY") == "second"
    assert cached.get("KEY") == "second"


def test_an_answer_that_was_long_on_its_way_replaces_no_younger_one(
    vault: Vault, clock: Clock, cached: CachedSecrets
) -> None:
    cached.get("KEY")
    clock.now = 60
    vault.open.clear()
    cached.get("KEY")
    wait_until(lambda: vault.asked == 2)
    slow = vault.open
    vault.open = threading.Event()
    vault.open.set()
    vault.value = "second"
    clock.now = 61
    assert cached.refresh("KEY") == "second"
    slow.set()
    wait_until(lambda: "secret-KEY" not in {thread.name for thread in threading.enumerate()})
    assert cached.get("KEY") == "second"


def test_values_stay_in_the_process(vault: Vault, cached: CachedSecrets) -> None:
    vault.value = SECRET
    cached.get("KEY")
    assert SECRET not in repr(cached)
    assert SECRET not in repr(vars(cached))
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secrets stay in their process"):
            attempt(cached)
    assert cached.places("KEY") == ("the vault (KEY)",)
