"""Rate limits at a Redis server: the scripts run in Lua, over an imitation of its commands.

`make test-redis` runs the same suite at a real server.
"""

import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer

from core.errors import ConfigurationError, StorageError
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_line import Waiter
from providers.llm.rate_places import Place
from providers.llm.rate_redis import RedisStore
from providers.llm.rate_window import Window
from tests.providers.llm.rate_suite import RateLimitSuite

PASSWORD = "not-to-be-shown"


@pytest.fixture(scope="module")
def server() -> Iterator[TcpFakeServer]:
    made = TcpFakeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def url(server: TcpFakeServer) -> str:
    server.fake_server.dbs.clear()
    return f"redis://127.0.0.1:{server.server_address[1]}/0"


class TestImitation(RateLimitSuite):
    """The suite, over the imitation, which is too slow for several processes at once."""


def test_a_take_that_is_sent_again_because_its_answer_was_lost_takes_nothing_more(
    url: str,
) -> None:
    store = RedisStore(url, Window(), "one")

    def take(permit: str) -> bool:
        with store.turn() as turn:
            return turn.take(Waiter(permit, (Place("a", 3), Place("t", 9, 3))), {}) is None

    try:
        assert [take(permit) for permit in "11212334"] == [*[True] * 7, False]
        with store.turn() as turn:
            turn.give_back(Waiter("1", (Place("a", 3), Place("t", 9, 3))))
        assert [take(permit) for permit in "445"] == [True, True, False]
    finally:
        store.close()


async def test_a_server_that_is_gone_fails_the_call_and_hides_the_password(
    tmp_path: Path,
) -> None:
    async with RateLimiter(f"redis://:{PASSWORD}@127.0.0.1:1/0", tmp_path / "l.db") as limiter:
        with pytest.raises(StorageError, match=r"redis://127\.0\.0\.1:1/0.*runs") as caught:
            await limiter.acquire([Place("a", 1)])

    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        f"http://:{PASSWORD}@host/0",
        f"redis://:{PASSWORD}",
        f"redis://user:{PASSWORD}/x@host:6379",
        f"redis://:{PASSWORD}@host:6379x/0",
        f"redis://:{PASSWORD}@[host/0",
        f"{PASSWORD}",
        f"redis://:{PASSWORD}@host:6379/0?socket_timeout={PASSWORD}",
    ],
)
def test_a_url_of_another_kind_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="RATE_LIMITS__URL") as caught:
        RateLimiter(url, tmp_path / "l.db")

    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
