"""Anthropic's Messages API.

What a message, an event and an error look like: https://platform.claude.com/docs/en/api/messages

The API takes no temperature since its version of 2026-10-21; it refuses a request that has one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from core.errors import BilledUsage, ModelError
from providers.llm.answer_reading import WireReader
from providers.llm.answer_schema import is_strict
from providers.llm.catalogue import ModelRow
from providers.llm.http_provider import HttpProvider, WireRequest
from providers.llm.provider import FinishReason, LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller, stated_error, status_error
from providers.llm.wire_format import TokenCount, WireModel, read_wire

API_VERSION = "2026-10-21"

_FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
_REFUSAL = "refusal"
# An error inside a stream has a type in place of a status.
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
# The values of `format` that are enforced.
_STRING_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)

_Json = dict[str, Any]


class AnthropicProvider(HttpProvider):
    """Claude models at Anthropic's own address, or at a server that speaks as it does."""

    models_path = "/v1/models?limit=1"
    key_refused_statuses = frozenset({401, 403})
    request_id_header = "request-id"

    def credentials(self, key: str) -> dict[str, str]:
        """The headers that carry the key, and the version of the API."""
        return {**super().credentials(key), "anthropic-version": API_VERSION}

    def write(self, request: LLMRequest, model: ModelRow) -> WireRequest:
        """What to post to `/v1/messages`.

        A schema that is not closed is left to the prompt: the API closes every object, which
        would leave a map with free keys empty.
        """
        body: _Json = {
            "model": request.model,
            "max_tokens": request.max_tokens,
            "messages": [{"role": turn.role, "content": turn.content} for turn in request.messages],
        }
        if request.system:
            body["system"] = request.system
        schema = request.json_schema
        if schema is not None and model.structured_output == "json_schema" and is_strict(schema):
            body["output_config"] = {
                "format": {"type": "json_schema", "schema": output_schema(schema)}
            }
        if self._row.streams:
            body["stream"] = True
        return WireRequest("/v1/messages", body)

    def reader(self, model: ModelRow, headers: Mapping[str, str], caller: Caller) -> WireReader:
        """A reader of messages."""
        return _MessageReader(headers, caller)


def output_schema(schema: _Json) -> _Json:
    """A strict schema in the dialect that structured outputs enforce.

    Keywords outside it are refused, so they go into the description, where the model reads them.
    """
    rest = dict(schema)
    written: _Json = {}
    if "$defs" in rest:
        written["$defs"] = _each(rest.pop("$defs"))
    if "$ref" in rest:
        return {**written, "$ref": rest["$ref"]}
    kind = rest.pop("type", None)
    if "enum" in rest or "const" in rest:
        written |= {name: rest.pop(name) for name in ("enum", "const") if name in rest}
    elif "anyOf" in rest:
        written["anyOf"] = [output_schema(part) for part in cast("list[_Json]", rest.pop("anyOf"))]
    else:
        written["type"] = kind
        written |= _of_type(kind, rest)
    description = rest.pop("description", "")
    if rest:
        said = ", ".join(f"{name}: {value}" for name, value in rest.items())
        description = f"{description}\n\n{{{said}}}" if description else f"{{{said}}}"
    return {**written, "description": description} if description else written


def _of_type(kind: object, rest: _Json) -> _Json:
    """The keywords of one type, taken out of `rest`."""
    written: _Json = {}
    if kind == "object":
        written["properties"] = _each(rest.pop("properties", {}))
        written["additionalProperties"] = rest.pop("additionalProperties", False)
        if "required" in rest:
            written["required"] = rest.pop("required")
    elif kind == "array":
        if "items" in rest:
            written["items"] = output_schema(rest.pop("items"))
        if rest.get("minItems") in (0, 1):
            written["minItems"] = rest.pop("minItems")
    elif kind == "string" and rest.get("format") in _STRING_FORMATS:
        written["format"] = rest.pop("format")
    return written


def _each(schemas: dict[str, _Json]) -> _Json:
    return {name: output_schema(schema) for name, schema in schemas.items()}


class _Usage(WireModel):
    """Tokens so far; what a cache gave or took is not part of `input_tokens`.

    Taking costs more than plain input, but a request has to ask for it, and ours never does.
    """

    input_tokens: TokenCount = 0
    cache_creation_input_tokens: TokenCount = 0
    cache_read_input_tokens: TokenCount = 0
    output_tokens: TokenCount = 0

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cache_creation_input_tokens + self.cache_read_input_tokens


class _StopDetails(WireModel):
    category: str | None = None
    explanation: str | None = None


class _Block(WireModel):
    """Part of the content; blocks and deltas of other types than text are thoughts and tools."""

    text: str | None = None


class _Delta(_Block):
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None


class _Message(WireModel):
    id: str | None = None
    model: str | None = None
    content: tuple[_Block, ...] | None = None
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None
    usage: _Usage | None = None
    error: Any = None


class _Event(WireModel):
    type: str
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: Any = None


class _MessageReader:
    """Gathers one message."""

    def __init__(self, headers: Mapping[str, str], caller: Caller) -> None:
        self._headers = headers
        self._caller = caller
        self._text: list[str] = []
        self._stop_reason: str | None = None
        self._stop_details: _StopDetails | None = None
        self._input_tokens = self._cached_tokens = self._output_tokens = 0
        self._model = self._id = ""

    @property
    def started(self) -> bool:
        return bool(self._text)

    @property
    def ended(self) -> bool:
        return self._stop_reason is not None

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def counted(self) -> BilledUsage:
        """Before the end, the output's count is that of the first tokens alone."""
        return BilledUsage(
            input_tokens=self._input_tokens,
            cached_input_tokens=self._cached_tokens,
            output_tokens=self._output_tokens if self.ended else 0,
        )

    def read_body(self, body: bytes) -> None:
        message = read_wire(_Message, body, self._caller)
        if message.error:
            raise _stated(message.error, self._headers, self._caller)
        if message.content is None:
            raise self._caller.failed("malformed answer: it holds no content")
        self._take_message(message)

    def read_event(self, data: str) -> bool:
        event = read_wire(_Event, data, self._caller)
        if event.error or event.type == "error":
            raise _stated(event.error, self._headers, self._caller)
        if event.message is not None:
            self._take_message(event.message)
        if event.content_block is not None:
            self._take_text(event.content_block)
        if event.delta is not None:
            self._take_text(event.delta)
            self._take_end(event.delta.stop_reason, event.delta.stop_details)
        self._take_usage(event.usage)
        return event.type == "message_stop" and self.ended

    def response(self, latency_seconds: float, request_id: str | None) -> LLMResponse:
        if self._stop_reason == _REFUSAL:
            details = self._stop_details or _StopDetails()
            why = details.explanation or details.category or "it gives no reason"
            raise self._caller.refused(f"the model declined: {self._caller.quoted(why)}")
        facts = {"id": self._id, "request_id": request_id, "finish_reason": self._stop_reason}
        return LLMResponse(
            content=self.text,
            **asdict(self.counted),
            latency_seconds=latency_seconds,
            provider=self._caller.provider,
            model=self._model or self._caller.model,
            finish_reason=_FINISH_REASONS.get(self._stop_reason or "", "other"),
            metadata={name: value for name, value in facts.items() if value},
        )

    def _take_message(self, message: _Message) -> None:
        self._id = message.id or self._id
        self._model = message.model or self._model
        for block in message.content or ():
            self._take_text(block)
        self._take_end(message.stop_reason, message.stop_details)
        self._take_usage(message.usage)

    def _take_text(self, block: _Block) -> None:
        if block.text:
            self._text.append(block.text)

    def _take_end(self, reason: str | None, details: _StopDetails | None) -> None:
        self._stop_reason = reason or self._stop_reason
        self._stop_details = details or self._stop_details

    def _take_usage(self, usage: _Usage | None) -> None:
        """Counts of a stream are totals so far, and the later ones may leave the prompt out."""
        if usage is not None:
            if usage.prompt_tokens:
                self._input_tokens = usage.prompt_tokens
                self._cached_tokens = usage.cache_read_input_tokens
            self._output_tokens = usage.output_tokens or self._output_tokens


def _stated(error: Any, headers: Mapping[str, str], caller: Caller) -> ModelError:
    """What an error with a type means: what the status of that type would."""
    kind = cast("_Json", error).get("type") if isinstance(error, dict) else None
    status = _STATUSES.get(kind) if isinstance(kind, str) else None
    if status is None:
        return stated_error(error, headers, caller)
    return status_error(status, headers, json.dumps({"error": error}).encode(), caller)
