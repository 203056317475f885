"""The response cache: answers that serve other builds for a while.

An answer lies under `cache/shared/<2>/<key>.json` with the time it was given. Nothing is kept here
alone: each build has copies of its own, which never expire (see `providers.llm.checkpoints`).
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ArtifactNotFoundError
from providers.llm.provider import LLMResponse

SHARED = "cache/shared"
"""Folder of the answers that serve any build."""

_log = logging.getLogger(__name__)


class TextStore(Protocol):
    """What is needed of an artifact store."""

    async def read_text(self, key: str) -> str:
        """The text under a key; `ArtifactNotFoundError` when there is none."""
        ...

    async def write_text(self, key: str, text: str, *, durable: bool = True) -> None:
        """Keep a text under a key; seen whole or not at all, unless it is lost in a power cut."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether there is anything under a key."""
        ...

    async def delete(self, key: str) -> None:
        """Remove what is under a key; `ArtifactNotFoundError` when there is nothing."""
        ...


class _SharedAnswer(BaseModel):
    """What is kept: the answer, and when it was given, in seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    answered_at: float
    response: LLMResponse


class SharedAnswers:
    """Answers by the digest of their question, served while they are younger than a limit.

    Args:
        store: where they are kept.
        seconds: how long an answer is served after it was given; above 0.
        clock: the time now, in seconds since 1970; never part of a key.

    Raises:
        ValueError: `seconds` is not above 0. A build that shares nothing has no such object.
    """

    def __init__(
        self, store: TextStore, *, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        if not seconds > 0:
            raise ValueError(
                f"answers cannot be shared for {seconds!r} seconds; share none instead"
            )
        self._store = store
        self._seconds = seconds
        self._clock = clock

    async def find(self, key: str) -> LLMResponse | None:
        """The answer to a question, if there is one young enough.

        One that is dated after now, by another machine's clock, is not served: nobody knows its
        age.

        Raises:
            StorageError: the store failed.
        """
        path = shared_path(key)
        try:
            text = await self._store.read_text(path)
        except ArtifactNotFoundError:
            return None
        try:
            kept = _SharedAnswer.model_validate_json(text)
        except ValidationError as error:
            # Written by another version: asked again and written over, it does no harm.
            _log.warning("%s is not a shared answer, asking again: %s", path, error)
            return None
        age = self._clock() - kept.answered_at
        return kept.response if 0 <= age < self._seconds else None

    async def publish(self, key: str, response: LLMResponse) -> None:
        """Offer an answer that was just given, in place of an older one.

        Raises:
            StorageError: the store failed.
        """
        kept = _SharedAnswer(answered_at=self._clock(), response=response)
        await self._store.write_text(shared_path(key), kept.model_dump_json() + "\n", durable=False)

    async def withdraw(self, key: str) -> None:
        """Serve no answer to a question until somebody gives another.

        Raises:
            StorageError: the store failed.
        """
        with suppress(ArtifactNotFoundError):
            await self._store.delete(shared_path(key))


def shared_path(key: str) -> str:
    """Where the answer to a question is shared."""
    return f"{SHARED}/{key[:2]}/{key}.json"
