"""Every model answer, kept by content as soon as it is in, so that nothing is paid for twice.

A build's own answers lie under `cache/answers/<build_id>/<2>/<key>-<n>.json`, where the key is a
digest of everything that was asked, and never expire. One that turned out bad gets a `.spent`
beside it and is never served again; the next to ask the same question fills the next number. What
other builds were answered is taken from `providers.llm.shared_answers`, and copied.
"""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import AppBuilderError, ArtifactNotFoundError
from providers.llm.provider import LLMRequest, LLMResponse
from providers.llm.shared_answers import SharedAnswers, TextStore
from providers.llm.single_flight import SingleFlight

ANSWERS = "cache/answers"
"""Folder of the answers of all builds; each build has one below it."""

_FORMAT = 2
"""Part of every key; raised when what is kept changes its meaning."""

Origin = Literal["own", "shared", "asked"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Slot:
    """Place of one answer: the build, the question's digest, and which of its answers.

    The server that answers is no part of the place, because a build goes on when its server has
    moved; other builds only share the answers of the same one.
    """

    build_id: str
    key: str
    number: int = 0
    server: str = ""

    @property
    def shared_key(self) -> str:
        """Under which the response cache has it."""
        told = f"{self.key} {self.server}"
        return hashlib.sha256(told.encode()).hexdigest() if self.server else self.key

    @property
    def answer_path(self) -> str:
        """Where the answer is kept."""
        return f"{self._path}.json"

    @property
    def spent_path(self) -> str:
        """Where it is marked bad."""
        return f"{self._path}.spent"

    @property
    def _path(self) -> str:
        # No folder of its own: to make one costs more than the file in it.
        return f"{ANSWERS}/{self.build_id}/{self.key[:2]}/{self.key}-{self.number}"


@dataclass(frozen=True)
class KeptAnswer:
    """An answer and where it is kept.

    Attributes:
        response: the answer; one that another build paid for cost nothing and took no time.
        slot: where this build keeps it.
        origin: `asked` for now; kept by this build before, or got by a call of this build that
            was under way already (`own`); or taken over from another build just now (`shared`).
        borrowed: another build paid for it, whether it was taken over now or in an earlier run.
    """

    response: LLMResponse
    slot: Slot
    origin: Origin
    borrowed: bool = False


class _OwnAnswer(BaseModel):
    """What is kept in a slot."""

    model_config = ConfigDict(frozen=True)

    response: LLMResponse
    borrowed: bool = False


Keep = Callable[[LLMResponse], Awaitable[None]]
Ask = Callable[[Keep], Awaitable[LLMResponse]]


def question_key(
    provider: str,
    request: LLMRequest,
    *,
    ordinal: int,
    salt: str,
    review_round: int = 0,
    extra_body: Mapping[str, Any] | None = None,
) -> str:
    """Digest of everything an answer depends on.

    Args:
        provider: name in the catalogue.
        request: the request with all its parameters.
        ordinal: which call of its conversation this is, from 0.
        salt: set by builds that want answers of their own.
        review_round: which round of asking the same this is, from 0.
        extra_body: fields that the catalogue adds to the model's requests.
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
    if extra_body:
        parts["extra_body"] = extra_body
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class AnswerCheckpoints:
    """Keeps answers in an artifact store and serves them again.

    Used within one event loop, by any number of builds. Who asks a question that is being asked
    already shares that call and what comes of it, answer or error; the call ends early only when
    nobody waits for it. Another build shares the answer alone: where the call fails, it makes its
    own, because the failure may be the other's, such as a limit that it has reached.

    Args:
        store: where answers are kept.
        shared: the response cache; `None` to take nothing from other builds and give them nothing.
    """

    def __init__(self, store: TextStore, shared: SharedAnswers | None = None) -> None:
        self._store = store
        self._shared = shared
        self._own_calls: SingleFlight[KeptAnswer] = SingleFlight()
        self._shared_calls: SingleFlight[KeptAnswer] = SingleFlight()

    async def answer(
        self, build_id: str, key: str, ask: Ask, *, shareable: bool = True, server: str = ""
    ) -> KeptAnswer:
        """The first answer to a question that is not spent; asked for if there is none.

        Args:
            build_id: the build that wants it.
            key: from `question_key`.
            ask: makes the call; it must hand the answer to the function it is given as soon as
                the answer is in.
            shareable: whether the response cache may serve it and be given it.
            server: who answers; the response cache keeps the answers of each apart.

        Raises:
            StorageError: the store failed.
        """
        led = False
        slot = Slot(build_id, key, server=server)
        shared = self._shared if shareable else None

        async def lead() -> KeptAnswer:
            nonlocal led
            led = True
            return await self._find_or_ask(slot, ask, shared)

        kept = await self._own_calls.join(f"{build_id}/{key}", lead)
        return kept if led else replace(kept, origin="own")

    async def spend(self, slots: Iterable[Slot]) -> None:
        """Mark answers as bad, in this order; they are never served again, to no build.

        Raises:
            StorageError: the store failed.
        """
        for slot in slots:
            # First: killed in between, this build finds out once more what is wrong with it.
            if self._shared is not None:
                await self._shared.withdraw(slot.shared_key)
            await self._store.write_text(slot.spent_path, "spent\n")

    async def _find_or_ask(self, slot: Slot, ask: Ask, shared: SharedAnswers | None) -> KeptAnswer:
        while (text := await self._text(slot)) is not None:
            if await self._store.exists(slot.spent_path):
                slot = replace(slot, number=slot.number + 1)
                continue
            own = _read(slot, text)
            if own is None:
                break
            return KeptAnswer(own.response, slot, "own", own.borrowed)
        if shared is None:
            return await self._ask(slot, ask)
        if slot.number:  # what others were answered may be what was bad here
            return await self._ask_and_publish(slot, ask, shared)
        while (kept := await self._shared_call(slot, ask, shared)) is None:
            pass
        return kept if kept.slot == slot else await self._borrow(slot, kept.response)

    async def _shared_call(self, slot: Slot, ask: Ask, shared: SharedAnswers) -> KeptAnswer | None:
        """What the cache holds or a call brings, ours or another build's that is under way.

        Returns `None` when another build's call failed.
        """
        led = False

        async def lead() -> KeptAnswer:
            nonlocal led
            led = True
            found = await shared.find(slot.shared_key)
            if found is not None:
                return await self._borrow(slot, found)
            return await self._ask_and_publish(slot, ask, shared)

        try:
            return await self._shared_calls.join(slot.shared_key, lead)
        except AppBuilderError:
            if led:
                raise
            return None

    async def _ask(self, slot: Slot, ask: Ask) -> KeptAnswer:
        async def keep(response: LLMResponse) -> None:
            await self._write(slot, _OwnAnswer(response=response))

        return KeptAnswer(await ask(keep), slot, "asked")

    async def _ask_and_publish(self, slot: Slot, ask: Ask, shared: SharedAnswers) -> KeptAnswer:
        kept = await self._ask(slot, ask)
        # Only now, when the call is closed: should this fail, nothing that was paid for is lost.
        await shared.publish(slot.shared_key, kept.response)
        return kept

    async def _borrow(self, slot: Slot, response: LLMResponse) -> KeptAnswer:
        """Take over an answer that another build paid for; from now on it is our own."""
        free = response.model_copy(update={"cost_usd": 0.0, "latency_seconds": 0.0})
        await self._write(slot, _OwnAnswer(response=free, borrowed=True))
        return KeptAnswer(free, slot, "shared", borrowed=True)

    async def _text(self, slot: Slot) -> str | None:
        try:
            return await self._store.read_text(slot.answer_path)
        except ArtifactNotFoundError:
            return None

    async def _write(self, slot: Slot, answer: _OwnAnswer) -> None:
        # After a power cut, the last answers are asked for again.
        await self._store.write_text(
            slot.answer_path, answer.model_dump_json() + "\n", durable=False
        )


def _read(slot: Slot, text: str) -> _OwnAnswer | None:
    try:
        return _OwnAnswer.model_validate_json(text)
    except ValidationError as error:
        # Written by another version: asked again and written over, it does no harm.
        _log.warning("%s is not an answer, asking again: %s", slot.answer_path, error)
        return None
