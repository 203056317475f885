"""The users of Redis that `make secrets` writes, and what outlasts a kill of what they kept."""

import contextlib
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from deployments.make_secrets import make_secrets

STARTING_SECONDS = 30


@contextlib.contextmanager
def server(folder: Path, port: int) -> Generator[None]:
    """A server as `deployments/compose.yaml` starts it, which is killed at the end of the block."""
    options = ("--aclfile", str(folder / "secrets/cache.acl"), "--dir", str(folder))
    kept = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", *options, *kept]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            give_up = time.monotonic() + STARTING_SECONDS
            while not lives(port):
                assert time.monotonic() < give_up
                time.sleep(0.05)
            yield
        finally:
            process.kill()


def user(port: int, name: str | None, password: str | None) -> Any:
    return Redis(port=port, username=name, password=password, decode_responses=True)


def lives(port: int) -> bool:
    try:
        with user(port, "health", "any") as client:
            return client.ping()
    except RedisError:
        return False


def test_transactions_outlast_a_kill_and_nobody_is_the_default_user(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    make_secrets(tmp_path / "secrets")
    password = (tmp_path / "secrets/passwords/cache").read_text()
    with server(tmp_path, unused_tcp_port), user(unused_tcp_port, "prefect", password) as prefect:
        prefect.pipeline(transaction=True).set("lease", "held").hset("holders", "a", "b").execute()
        prefect.set("plain", "kept")
    with server(tmp_path, unused_tcp_port):
        with user(unused_tcp_port, "prefect", password) as prefect:
            assert [prefect.get("plain"), prefect.get("lease")] == ["kept", "held"]
            assert prefect.hgetall("holders") == {"a": "b"}
        for name, given in ((None, None), ("default", ""), ("default", password)):
            with user(unused_tcp_port, name, given) as stranger, pytest.raises(RedisError):
                stranger.ping()
        with user(unused_tcp_port, "health", "any") as health, pytest.raises(RedisError):
            health.get("plain")
