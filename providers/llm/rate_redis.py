"""Rate limits that machines share, in Redis.

The server's clock is the only one, and each of its scripts runs alone; so it makes no difference
how many machines there are, or what time it is on them.
"""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from core.errors import ConfigurationError, StorageError
from providers.llm.rate_line import Refusal, Waiter
from providers.llm.rate_window import Window

_PREFIX = "{app-builder-limits}"  # the braces keep all keys on one node of a cluster
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_RETRIES = 5
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0

_ANNOUNCE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for i, key in ipairs(KEYS) do
  if ARGV[i + 2] == '' then
    redis.call('HDEL', key, ARGV[1])
  else
    local ends = string.format('%.0f', now + tonumber(ARGV[2]))
    redis.call('HSET', key, ARGV[1], ARGV[i + 2] .. ':' .. ends)
    redis.call('PEXPIRE', key, ARGV[2])
  end
end
"""


class RedisStore:
    """The server, and the turns processes take at it.

    A server that does not answer is tried again for about 3 s, which outlasts a restart; then
    calls fail, for without it nobody knows what may pass. A try whose answer was lost may have
    taken its places; the next one then finds them taken by the same call, and takes no others.

    Args:
        url: `redis://` or `rediss://` URL.
        window: how long what was taken counts.
        holder: names this limiter among those that share the server.

    Raises:
        ConfigurationError: the URL is of another kind. It is not shown, for it may hold a
            password.
    """

    def __init__(self, url: str, window: Window, holder: str) -> None:
        self.name = _without_password(url)
        self._client = _client_of(url)
        script = Path(__file__).with_name("rate_take.lua").read_text(encoding="utf-8")
        self._turn = RedisTurn(self._client, script, window, holder)

    @contextmanager
    def turn(self) -> Generator["RedisTurn", None, None]:
        """A turn; between two of its scripts, others may take theirs.

        Raises:
            StorageError: the server does not answer, or refuses.
        """
        try:
            yield self._turn
        except redis.RedisError as error:
            raise StorageError(
                f"rate limits at {self.name}: {type(error).__name__}: {error}; "
                "see that the server of APP_BUILDER_RATE_LIMITS__URL runs and lets us in"
            ) from error

    def close(self) -> None:
        """Close the connections; a later turn opens a new one."""
        self._client.close()


class RedisTurn:
    """Scripts that run at the server; see `Turn`."""

    def __init__(self, client: redis.Redis, script: str, window: Window, holder: str) -> None:
        self._client = client
        self._take = client.register_script(script)
        self._announce = client.register_script(_ANNOUNCE)
        self._window = window
        self._holder = holder
        self._announced: set[str] = set()

    def take(self, waiter: Waiter, kept: Mapping[str, int]) -> Refusal | None:
        """Take all places of a call, or none of them."""
        window, age = self._window, waiter.age
        since = "" if waiter.since is None else waiter.since
        keys = [key for place in waiter.places for key in _keys(place.key)]
        arguments: list[str | int] = [window.milliseconds, self._holder, waiter.permit]
        arguments += [since, age, window.lease_milliseconds]
        for place in waiter.places:
            arguments += [place.most, place.units, kept.get(place.key, 0)]
        reply: Any = self._take(keys=keys, args=arguments)
        now, *refused = (int(value) for value in reply)
        if waiter.since is None:
            waiter.since = now - age
        if not refused:
            return None
        waits: dict[str, float] = {}
        for number, at in zip(refused[::2], refused[1::2], strict=True):
            place = waiter.places[number]
            waits[place.key] = window.until_gone(place.most, None if at < 0 else at, now)
        return Refusal(frozenset(waits), max(waits.values()))

    def give_back(self, waiter: Waiter) -> None:
        """Forget what was taken for a call that will not be made."""
        for place in waiter.places:
            log, total, _ = _keys(place.key)
            self._client.zrem(log, f"{place.units}:{waiter.permit}")
            self._client.delete(total)  # the next turn counts anew

    def announce(self, first: Mapping[str, Waiter]) -> None:
        """Say to other processes which call is the first to wait at each key."""
        keys = sorted(self._announced | set(first))
        if not keys:
            return
        entries = [
            f"{first[key].since}:{first[key].units_at(key)}" if key in first else "" for key in keys
        ]
        self._announce(
            keys=[_keys(key)[2] for key in keys],
            args=[self._holder, self._window.lease_milliseconds, *entries],
        )
        self._announced = set(first)


def _keys(key: str) -> tuple[str, str, str]:
    return f"{_PREFIX}:log:{key}", f"{_PREFIX}:sum:{key}", f"{_PREFIX}:line:{key}"


def _client_of(url: str) -> redis.Redis:
    backoff = ExponentialBackoff(cap=_LONGEST_PAUSE_SECONDS, base=_FIRST_PAUSE_SECONDS)
    try:
        return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] -- untyped kwargs
            url,
            retry=Retry(backoff, _RETRIES),
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
        )
    except ValueError:
        raise _wrong_url() from None  # its text may quote the password


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
            raise _wrong_url()
        port = parts.port or 6379
    except ValueError:
        raise _wrong_url() from None  # its text may quote the password
    database = re.sub(r"\D", "", parts.path) or "0"
    return f"{parts.scheme}://{parts.hostname}:{port}/{database}"


def _wrong_url() -> ConfigurationError:
    return ConfigurationError(
        "APP_BUILDER_RATE_LIMITS__URL cannot be used (it is not shown, for it may hold a password);"
        " it looks like redis://host:6379/0 or rediss://:password@host:6379/0"
    )
