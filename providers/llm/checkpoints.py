"""Every model answer, kept by content as soon as it is in, so that nothing is paid for twice.

An answer lies under `cache/answers/<2>/<key>/<n>.json`, where the key is a digest of everything
that was asked. One that turned out bad gets an `<n>.spent` beside it and is never served again;
the next to ask the same question fills the next number.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pydantic import ValidationError

from core.errors import ArtifactNotFoundError
from providers.llm.provider import LLMRequest, LLMResponse

_FOLDER = "cache/answers"
_FORMAT = 1
"""Part of every key; raised when what is kept changes its meaning."""

_log = logging.getLogger(__name__)


class TextStore(Protocol):
    """What is needed of an artifact store."""

    async def read_text(self, key: str) -> str:
        """The text under a key; `ArtifactNotFoundError` when there is none."""
        ...

    async def write_text(self, key: str, text: str) -> None:
        """Keep a text under a key; seen whole or not at all."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether there is anything under a key."""
        ...


@dataclass(frozen=True)
class Slot:
    """Place of one answer: the question's digest, and which of its answers."""

    key: str
    number: int

    @property
    def answer_path(self) -> str:
        """Where the answer is kept."""
        return f"{_FOLDER}/{self.key[:2]}/{self.key}/{self.number}.json"

    @property
    def spent_path(self) -> str:
        """Where it is marked bad."""
        return f"{_FOLDER}/{self.key[:2]}/{self.key}/{self.number}.spent"


@dataclass(frozen=True)
class KeptAnswer:
    """An answer and where it is kept.

    Attributes:
        replayed: it was kept from before, and no call was made for it.
    """

    response: LLMResponse
    slot: Slot
    replayed: bool


Keep = Callable[[LLMResponse], Awaitable[None]]
Ask = Callable[[Keep], Awaitable[LLMResponse]]


def question_key(
    provider: str, request: LLMRequest, *, ordinal: int, salt: str, review_round: int = 0
) -> str:
    """Digest of everything an answer depends on.

    Args:
        provider: name in the catalogue.
        request: the request with all its parameters.
        ordinal: which call of its conversation this is, from 0.
        salt: set by builds that want answers of their own.
        review_round: which round of asking the same this is, from 0.
    """
    parts: dict[str, object] = {
        "format": _FORMAT,
        "provider": provider,
        "request": request.model_dump(),
        "ordinal": ordinal,
        "salt": salt,
    }
    if review_round:
        # Left out of first rounds, so that answers kept before there were rounds stay valid.
        parts["round"] = review_round
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class _Flight:
    """A call under way, and how many wait for it."""

    def __init__(self, task: asyncio.Task[KeptAnswer]) -> None:
        self.task = task
        self.waiting = 0


class AnswerCheckpoints:
    """Keeps answers in an artifact store and serves them again.

    Used within one event loop. Who asks a question that is being asked already shares that call
    and what comes of it, answer or error; the call ends early only when nobody waits for it.
    """

    def __init__(self, store: TextStore) -> None:
        self._store = store
        self._flights: dict[str, _Flight] = {}

    async def answer(self, key: str, ask: Ask) -> KeptAnswer:
        """The first answer to a question that is not spent; asked for if there is none.

        Args:
            key: from `question_key`.
            ask: makes the call; it must hand the answer to the function it is given as soon as
                the answer is in.

        Raises:
            StorageError: the store failed.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.create_task(self._find_or_ask(key, ask)))
            self._flights[key] = flight
            flight.task.add_done_callback(partial(self._landed, key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()
                await asyncio.wait({flight.task})

    async def spend(self, slots: Iterable[Slot]) -> None:
        """Mark answers as bad, in this order; they are never served again."""
        for slot in slots:
            await self._store.write_text(slot.spent_path, "spent\n")

    async def _find_or_ask(self, key: str, ask: Ask) -> KeptAnswer:
        slot = await self._first_unspent(key)
        response = await self._read(slot)
        if response is not None:
            return KeptAnswer(response, slot, replayed=True)
        response = await ask(partial(self._write, slot))
        return KeptAnswer(response, slot, replayed=False)

    async def _first_unspent(self, key: str) -> Slot:
        slot = Slot(key, 0)
        while await self._store.exists(slot.spent_path):
            slot = Slot(key, slot.number + 1)
        return slot

    async def _read(self, slot: Slot) -> LLMResponse | None:
        try:
            text = await self._store.read_text(slot.answer_path)
        except ArtifactNotFoundError:
            return None
        try:
            return LLMResponse.model_validate_json(text)
        except ValidationError as error:
            # Written by another version: asked again and written over, it does no harm.
            _log.warning("%s is not an answer, asking again: %s", slot.answer_path, error)
            return None

    async def _write(self, slot: Slot, response: LLMResponse) -> None:
        await self._store.write_text(slot.answer_path, response.model_dump_json(indent=2) + "\n")

    def _landed(self, key: str, flight: _Flight, task: asyncio.Task[KeptAnswer]) -> None:
        self._forget(key, flight)
        if not task.cancelled():
            task.exception()  # seen, should nobody wait any more

    def _forget(self, key: str, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
