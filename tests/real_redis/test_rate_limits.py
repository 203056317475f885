"""Rate limits at a real Redis server; where there is none the tests fail."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import redis

from core.errors import StorageError
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_places import Place
from tests.providers.llm.rate_suite import ProcessesSuite, RateLimitSuite, cpu_seconds

PASSWORD = "a password"
Serve = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def url(unused_port: int) -> str:
    return f"redis://:a%20password@127.0.0.1:{unused_port}/0"


@pytest.fixture(scope="module")
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@pytest.fixture(scope="module")
def serve(url: str, unused_port: int, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Runs the server for as long as it is entered; it keeps nothing."""
    folder = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(unused_port), "--bind", "127.0.0.1"]
    command += ["--requirepass", PASSWORD, "--save", "", "--dir", str(folder)]

    @contextmanager
    def running() -> Generator[None, None, None]:
        with (folder / "log").open("a") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until_ready(url)
            yield
        finally:
            process.terminate()
            process.wait(10)

    return running


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 10
    with redis.Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType] -- untyped kwargs
        while True:
            try:
                client.ping()  # pyright: ignore[reportUnknownMemberType] -- untyped kwargs
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return


class TestServer(RateLimitSuite, ProcessesSuite):
    """The suite, over a server."""

    @pytest.fixture(autouse=True)
    def _server(self, serve: Serve) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] -- used by pytest
        with serve():
            yield


async def test_many_callers_cost_little(serve: Serve, url: str, tmp_path: Path) -> None:
    with serve():
        assert await cpu_seconds(url, tmp_path / "l.db") < 0.000_5


async def test_a_server_that_starts_again_fails_no_call(
    serve: Serve, url: str, tmp_path: Path
) -> None:
    async with RateLimiter(url, tmp_path / "l.db") as limiter:
        with serve():
            await limiter.acquire([Place("a", 5)])
        later = asyncio.create_task(limiter.acquire([Place("a", 5)]))
        await asyncio.sleep(0.5)
        assert not later.done()
        with serve():
            await later


async def test_a_wrong_password_is_named_and_not_shown(
    serve: Serve, url: str, tmp_path: Path
) -> None:
    with serve():
        async with RateLimiter(url.replace("a%20", "no-"), tmp_path / "l.db") as limiter:
            with pytest.raises(StorageError, match="invalid username-password pair") as caught:
                await limiter.acquire([Place("a", 5)])

    assert "no-password" not in str(caught.value)
