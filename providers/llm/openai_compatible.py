"""Providers that speak OpenAI's chat completions format, at any base URL."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing

from core.errors import ConfigurationError, ModelError
from providers.llm.catalogue import ProviderRow
from providers.llm.event_stream import MEDIA_TYPE, event_data
from providers.llm.http_client import (
    IDLE_SECONDS,
    THINKING_SECONDS,
    Exchange,
    HttpClient,
    call_seconds,
)
from providers.llm.openai_wire import AnswerReader, read_completion, request_body
from providers.llm.provider import LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller, stated_error, status_error

HEALTH_CHECK_SECONDS = 5.0
_ERROR_BODY_BYTES = 64 * 1024
_DONE = "[DONE]"


class OpenAICompatibleProvider:
    """An `LLMProvider` over HTTP; one instance serves any number of calls at once.

    Answers are streamed where the catalogue's row allows it, so that a server that hangs is told
    from a model that writes a long answer. A server that answers in one piece all the same is
    understood.

    Args:
        row: where the provider answers, and what its models can do.
        api_key: gives the key, or `None`; asked at each call, so that a rotated key is used.
        client: sends the requests; not closed here.
    """

    def __init__(
        self, row: ProviderRow, *, api_key: Callable[[], str | None], client: HttpClient
    ) -> None:
        self._row = row
        self._api_key = api_key
        self._client = client

    def __repr__(self) -> str:
        return f"OpenAICompatibleProvider({self.name!r}, {self._row.base_url!r})"

    @property
    def name(self) -> str:
        """The provider's name in the catalogue."""
        return self._row.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            RequestRefusedError: the request is refused, or the model declined.
            ProviderBusyError: not our turn, or nobody listens.
            ProviderFailedError: the provider broke, or was too slow.
            ConfigurationError: the key is missing or cannot be one.
        """
        row = self._row
        model = row.model_on_wire(request.model)
        caller = Caller(self.name, model.name, self._key())
        body = request_body(request, model, stream=row.streams, stream_usage=row.stream_usage)
        started = time.perf_counter()
        async with self._client.exchange(
            "POST",
            f"{row.base_url}/chat/completions",
            caller=caller,
            headers=_headers(caller),
            body=body,
            total_seconds=call_seconds(request.max_tokens),
            silence_seconds=THINKING_SECONDS if row.streams else None,
        ) as exchange:
            if not 200 <= exchange.status < 300:
                said = await exchange.beginning(_ERROR_BODY_BYTES)
                raise status_error(exchange.status, exchange.headers, said, caller)
            if exchange.headers.get("content-type", "").lower().startswith(MEDIA_TYPE):
                reader = await _read_stream(exchange, caller)
            else:
                reader = await _read_whole(exchange, caller)
            latency = time.perf_counter() - started
            return reader.response(latency, exchange.headers.get("x-request-id"))

    async def health_check(self) -> bool:
        """Whether the provider answers and takes our key; never raises, at most 5 seconds.

        A provider that lists no models (404) or asks for patience (429) is well.
        """
        try:
            caller = Caller(self.name, "models", self._key())
            async with (
                asyncio.timeout(HEALTH_CHECK_SECONDS),
                self._client.exchange(
                    "GET",
                    f"{self._row.base_url}/models",
                    caller=caller,
                    headers=_headers(caller),
                    body=None,
                    total_seconds=HEALTH_CHECK_SECONDS,
                    silence_seconds=None,
                ) as exchange,
            ):
                return exchange.status < 500 and exchange.status not in (401, 403)
        except (ModelError, ConfigurationError, TimeoutError):
            return False

    def _key(self) -> str | None:
        key, variable = self._api_key(), self._row.key_variable
        if key is None:
            if self._row.key_required:
                raise ConfigurationError(f"provider {self.name!r} has no key; set {variable}")
            return None
        # Checked here, because the error of the HTTP library would show the key.
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigurationError(
                f"{variable} holds characters that a key cannot have; was it copied whole?"
            )
        return key


def _headers(caller: Caller) -> dict[str, str]:
    headers = {"Accept": f"{MEDIA_TYPE}, application/json"}
    if caller.key is not None:
        headers["Authorization"] = f"Bearer {caller.key}"
    return headers


async def _read_whole(exchange: Exchange, caller: Caller) -> AnswerReader:
    exchange.silence_seconds = None
    completion = read_completion(await exchange.body(), caller)
    if completion.error:
        raise stated_error(completion.error, exchange.headers, caller)
    if not any(choice.message for choice in completion.choices):
        raise caller.failed("malformed answer: it holds no choice with a message")
    reader = AnswerReader(caller)
    reader.feed(completion, "message")
    return reader


async def _read_stream(exchange: Exchange, caller: Caller) -> AnswerReader:
    reader = AnswerReader(caller)
    async with aclosing(exchange.lines()) as lines, aclosing(event_data(lines)) as events:
        async for data in events:
            if data.strip() == _DONE:
                await exchange.drain()
                return reader
            completion = read_completion(data, caller)
            if completion.error:
                raise stated_error(completion.error, exchange.headers, caller)
            reader.feed(completion, "delta")
            if reader.started:
                exchange.silence_seconds = IDLE_SECONDS
    if not reader.ended:
        raise caller.failed("the stream ended in the middle of the answer")
    return reader
