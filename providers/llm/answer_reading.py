"""Reads an answer to its end, or tells what is billed for the part of it that came in."""

from collections.abc import Iterable
from contextlib import aclosing
from typing import Protocol

from core.errors import BilledUsage, ModelError
from providers.llm.billed_usage import billed_usage
from providers.llm.event_stream import MEDIA_TYPE, EventStream
from providers.llm.http_client import IDLE_SECONDS, Exchange
from providers.llm.provider import LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller


class WireReader(Protocol):
    """Gathers one answer in a protocol's format, in one piece or many."""

    @property
    def started(self) -> bool:
        """Whether text has begun to come in."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the provider said why the answer ended."""
        ...

    @property
    def text(self) -> str:
        """What came in of the answer's text so far."""
        ...

    @property
    def counted(self) -> BilledUsage:
        """What the provider has counted so far; 0 where it has not."""
        ...

    def read_body(self, body: bytes) -> None:
        """Take the answer from a whole body.

        Raises:
            ModelError: the body is malformed, or states an error.
        """
        ...

    def read_event(self, data: str) -> bool:
        """Take the data of one event of a stream, and say whether the stream is complete.

        Raises:
            ModelError: the data is malformed, or states an error.
        """
        ...

    def response(self, latency_seconds: float, request_id: str | None) -> LLMResponse:
        """The answer, when all of it was read.

        Raises:
            RequestRefusedError: the model declined.
            ProviderFailedError: the provider gave up in the middle.
        """
        ...


class AnswerReading:
    """An answer with success that is coming in, whole or streamed.

    Args:
        exchange: brings it.
        reader: knows the protocol.
        caller: who asked.
    """

    def __init__(self, exchange: Exchange, reader: WireReader, caller: Caller) -> None:
        self.reader = reader
        self._exchange = exchange
        self._caller = caller
        kind = exchange.headers.get("content-type", "")
        self._is_stream = kind.lower().startswith(MEDIA_TYPE)

    async def finish(self) -> None:
        """Read all of it.

        Raises:
            ModelError: it breaks off, is malformed, or states an error.
        """
        if self._is_stream:
            await self._read_stream()
        else:
            self._exchange.silence_seconds = None
            self.reader.read_body(await self._exchange.body())

    def billed(self, request: LLMRequest, error: ModelError) -> BilledUsage | None:
        """What the provider bills although reading ended with an error.

        An error that it states in place of an answer is not billed; neither is silence.
        """
        counted, text = self.reader.counted, self.reader.text
        received = self._exchange.received
        if text or counted != BilledUsage():
            return billed_usage(request, counted, text, unread_bytes=0)
        if error.usage is not None or not received:
            return error.usage
        return billed_usage(request, counted, text, 0 if self._is_stream else received)

    async def _read_stream(self) -> None:
        exchange, reader, events = self._exchange, self.reader, EventStream()
        async with aclosing(exchange.lines()) as groups:
            async for lines in groups:
                if _is_complete(reader, events.data_of(lines)):
                    await exchange.drain()
                    return
                if reader.started:
                    exchange.silence_seconds = IDLE_SECONDS
        if not _is_complete(reader, events.end()) and not reader.ended:
            raise self._caller.failed("the stream ended in the middle of the answer")


def _is_complete(reader: WireReader, events: Iterable[str]) -> bool:
    return any(map(reader.read_event, events))
