"""What the providers over HTTP share: the key, one exchange per call, streams, health.

A protocol says, in a file of its own, how a request is written and an answer is read; the rest is
here, so that every protocol treats keys, times, sizes, statuses and cut streams alike.
"""

import asyncio
import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from core.errors import (
    AppBuilderError,
    ConfigurationError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
)
from providers.llm.answer_reading import AnswerReading, WireReader
from providers.llm.api_key import ApiKey
from providers.llm.catalogue import ModelRow, ProviderRow
from providers.llm.event_stream import MEDIA_TYPE
from providers.llm.http_client import (
    THINKING_SECONDS,
    Exchange,
    HttpClient,
    call_seconds,
)
from providers.llm.provider import Health, LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller, status_error

HEALTH_CHECK_SECONDS = 5.0
_ERROR_BODY_BYTES = 64 * 1024
_WELL_ALL_THE_SAME = frozenset({404, 429})
"""There is no list of models, or it is not our turn to read it: somebody who knows us answers."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WireRequest:
    """What is posted for one call.

    Attributes:
        path: appended to the base URL.
        body: sent as JSON.
    """

    path: str
    body: dict[str, Any]


class _KeyRefusedError(Exception):
    """The provider does not take the key; leaves this file as the `error` in it."""

    def __init__(self, error: ModelError) -> None:
        super().__init__(str(error))
        self.error = error


class HttpProvider(ABC):
    """An `LLMProvider` over HTTP; one instance serves any number of calls at once.

    Answers are streamed where the catalogue's row allows it, so that a server that hangs is told
    from a model that writes a long answer. A server that answers in one piece all the same is
    understood. A request whose key is refused is sent once more if there is another key by now.

    Args:
        row: where the provider answers, and what its models can do.
        api_key: asked at each call, so that a rotated key is used.
        client: sends the requests; not closed here.
    """

    models_path: ClassVar[str] = "/models"
    """Where the models are listed; asked to see whether the provider is well."""
    request_id_header: ClassVar[str] = "x-request-id"
    """Header in which the provider names its own record of a call."""
    key_refused_statuses: ClassVar[frozenset[int]] = frozenset({401})
    """Statuses that say that the key is wrong, or may not do this."""

    def __init__(self, row: ProviderRow, *, api_key: ApiKey, client: HttpClient) -> None:
        _keep_answers_out_of_logs()
        self._row = row
        self._api_key = api_key
        self._client = client

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self._row.base_url!r})"

    @property
    def name(self) -> str:
        """The provider's name in the catalogue."""
        return self._row.name

    @abstractmethod
    def write(self, request: LLMRequest, model: ModelRow) -> WireRequest:
        """What to post for a request; what the model cannot do is left out."""

    @abstractmethod
    def reader(self, model: ModelRow, headers: Mapping[str, str], caller: Caller) -> WireReader:
        """A reader for the answer that comes with these headers."""

    def credentials(self, key: str) -> dict[str, str]:
        """The headers that carry the key."""
        return {"Authorization": f"Bearer {key}"}

    def refusal(
        self, status: int, headers: Mapping[str, str], body: bytes, caller: Caller
    ) -> ModelError:
        """What a response without success means."""
        return status_error(status, headers, body, caller)

    def refuses_key(self, status: int, body: bytes) -> bool:
        """Whether a response without success is about the key, so that another could help."""
        return status in self.key_refused_statuses

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            RequestRefusedError: the request is refused, or the model declined.
            ProviderBusyError: not our turn, or nobody listens.
            ProviderFailedError: the provider broke, or was too slow.
            ConfigurationError: the key is missing or cannot be one.
        """
        model = self._row.model_on_wire(request.model)
        caller = Caller(self.name, model.name, self._checked(await self._api_key.current()))
        try:
            return await self._answer(request, model, caller)
        except _KeyRefusedError as refusal:
            refused, error = caller.key, refusal.error
        other = None if refused is None else await self._api_key.other_than(refused)
        if other is None:
            raise error
        _log.info("%s refused its key; asking again with another", self.name)
        try:
            return await self._answer(request, model, replace(caller, key=self._checked(other)))
        except _KeyRefusedError as refusal:
            raise refusal.error from None

    async def _answer(self, request: LLMRequest, model: ModelRow, caller: Caller) -> LLMResponse:
        """Answer one request with one key.

        Raises:
            _KeyRefusedError: the key is refused.
            ModelError: as `complete`.
        """
        began = time.perf_counter()
        reading: AnswerReading | None = None
        try:
            async with self._posted(request, model, caller) as exchange:
                reading = AnswerReading(
                    exchange, self.reader(model, exchange.headers, caller), caller
                )
                await reading.finish()
                latency = time.perf_counter() - began
                request_id = exchange.headers.get(self.request_id_header)
                return _without_key(reading.reader.response(latency, request_id), caller)
        except ModelError as error:
            if reading is not None:
                error.usage = reading.billed(request, error)
            raise
        except asyncio.CancelledError as cancelled:
            if reading is None:
                raise
            error = caller.failed("the call was cancelled while its answer came in")
            error.usage = reading.billed(request, error)
            raise cancelled from error  # so that whoever keeps accounts finds what is billed

    @asynccontextmanager
    async def _posted(
        self, request: LLMRequest, model: ModelRow, caller: Caller
    ) -> AsyncGenerator[Exchange]:
        """Send a request; inside the `async with` block its answer can be read.

        Raises:
            _KeyRefusedError: the key is refused.
            ModelError: the provider does not answer, or not with success.
        """
        row = self._row
        written = self.write(request, model)
        async with self._client.exchange(
            "POST",
            f"{row.base_url}{written.path}",
            caller=caller,
            headers=self._headers(caller),
            body={**written.body, **model.extra_body},
            total_seconds=call_seconds(request.max_tokens),
            silence_seconds=THINKING_SECONDS if row.streams else None,
        ) as exchange:
            if not 200 <= exchange.status < 300:
                said = await exchange.beginning(_ERROR_BODY_BYTES)
                error = self.refusal(exchange.status, exchange.headers, said, caller)
                if self.refuses_key(exchange.status, said):
                    raise _KeyRefusedError(error)
                raise error
            yield exchange

    async def health_check(self) -> Health:
        """Whether the provider answers and takes our key; never raises, at most 5 seconds.

        It is well if it lists its models as JSON, has no such list (404), or asks for patience
        (429). Anything else, such as an empty account or the page of a proxy, is told as it would
        be of a call.
        """
        started = time.perf_counter()
        try:
            async with asyncio.timeout(HEALTH_CHECK_SECONDS):
                key = self._checked(await self._api_key.current())
                await self._list_models(Caller(self.name, "models", key))
        except TimeoutError:
            reason = f"{self.name}: no answer within {HEALTH_CHECK_SECONDS:g} s"
            return Health(False, time.perf_counter() - started, reason, providers_fault=True)
        except AppBuilderError as error:  # a key that cannot be looked up, too
            providers_fault = isinstance(error, (ProviderFailedError, ProviderBusyError))
            seconds = time.perf_counter() - started
            return Health(False, seconds, str(error), providers_fault=providers_fault)
        return Health(True, time.perf_counter() - started)

    async def _list_models(self, caller: Caller) -> None:
        async with self._client.exchange(
            "GET",
            f"{self._row.base_url}{self.models_path}",
            caller=caller,
            headers=self._headers(caller),
            body=None,
            total_seconds=HEALTH_CHECK_SECONDS,
            silence_seconds=None,
        ) as exchange:
            if exchange.status in _WELL_ALL_THE_SAME:
                return
            if not 200 <= exchange.status < 300:
                said = await exchange.beginning(_ERROR_BODY_BYTES)
                raise self.refusal(exchange.status, exchange.headers, said, caller)
            body = await exchange.body()
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            said = caller.quoted(body[:_ERROR_BODY_BYTES].decode(errors="replace"))
            raise caller.failed(
                f"its list of models is not JSON ({said!r}); check the base URL"
            ) from None

    def _headers(self, caller: Caller) -> dict[str, str]:
        headers = {"Accept": f"{MEDIA_TYPE}, application/json"}
        return headers if caller.key is None else headers | self.credentials(caller.key)

    def _checked(self, key: str | None) -> str | None:
        variable = self._row.key_variable
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


def _keep_answers_out_of_logs() -> None:
    """The HTTP libraries log status lines and headers, in which a server may echo the key."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.INFO)


def _without_key(response: LLMResponse, caller: Caller) -> LLMResponse:
    """An answer fit to be kept: a model, or a proxy in between, may echo what it was sent."""
    metadata = {name: caller.answered(text) for name, text in response.metadata.items()}
    said = {"content": caller.answered(response.content), "model": caller.answered(response.model)}
    return response.model_copy(update={**said, "metadata": metadata})
