"""Hugging Face: chat through the inference router, and native text generation.

A model is asked by chat, in OpenAI's format, and the router finds who serves it. One whose row
names a `prompt_format` is asked by text generation instead, which takes the turns as one text; the
format is that of Text Generation Inference:
https://huggingface.co/docs/inference-providers/tasks/text-generation
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import quote

from pydantic import model_validator

from core.errors import BilledUsage, ModelError
from providers.llm.answer_reading import WireReader
from providers.llm.catalogue import ModelRow
from providers.llm.http_provider import HttpProvider, WireRequest
from providers.llm.openai_wire import CompletionReader, request_body
from providers.llm.provider import FinishReason, LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller, retry_after, stated_error, status_error
from providers.llm.wire_format import ABSURD, TokenCount, WireModel, read_wire

LOWEST_TEMPERATURE = 0.01
"""Text generation refuses 0; this is as good as choosing the likeliest token."""

_FINISH_REASONS: dict[str, FinishReason] = {
    "length": "length",
    "eos_token": "stop",
    "stop_sequence": "stop",
}
# An error inside a stream has a type in place of a status.
_STATUSES = {
    "validation": 422,
    "tool_error": 422,
    "overloaded": 429,
    "generation": 500,
    "incomplete_generation": 500,
}
# The server's own part failed (424 Failed Dependency): nothing is wrong with the request.
_GENERATION_FAILED = 424
_START, _END = "<|im_start|>", "<|im_end|>"
# What the tokenizer would take for a mark, in text that people or models wrote.
_MARK = re.compile(r"<\|(?=\w+\|>)")

_Json = dict[str, Any]


class HuggingFaceProvider(HttpProvider):
    """Models served through Hugging Face, with one token for all who serve them."""

    models_path = "/v1/models"
    key_refused_statuses = frozenset({401, 403})

    def write(self, request: LLMRequest, model: ModelRow) -> WireRequest:
        """What to post, to the router's chat or to the model's text generation."""
        row = self._row
        if model.prompt_format is None:
            body = request_body(request, model, stream=row.streams, stream_usage=row.stream_usage)
            return WireRequest("/v1/chat/completions", body)
        path = f"/hf-inference/models/{quote(request.model)}"
        return WireRequest(path, _generation_body(request, model, stream=row.streams))

    def reader(self, model: ModelRow, headers: Mapping[str, str], caller: Caller) -> WireReader:
        """A reader of completions, or of generated text."""
        if model.prompt_format is None:
            return CompletionReader(headers, caller)
        return _GenerationReader(headers, caller)

    def refusal(
        self, status: int, headers: Mapping[str, str], body: bytes, caller: Caller
    ) -> ModelError:
        """What a response without success means; a model that loads says how long it takes."""
        meant = 500 if status == _GENERATION_FAILED else status
        return status_error(meant, _with_loading_time(headers, body), body, caller)


def chatml_prompt(request: LLMRequest) -> str:
    """The turns as one text in the ChatML format, with the model's own turn begun.

    Marks inside the turns are broken up, so that no text can end its turn or begin another's.
    """
    turns = [(turn.role, turn.content) for turn in request.messages]
    if request.system:
        turns = [("system", request.system), *turns]
    written = [f"{_START}{role}\n{_MARK.sub('< |', text)}{_END}\n" for role, text in turns]
    return "".join([*written, f"{_START}assistant\n"])


def _generation_body(request: LLMRequest, model: ModelRow, *, stream: bool) -> _Json:
    parameters: _Json = {
        "max_new_tokens": request.max_tokens,
        "return_full_text": False,
        "stop": [_END],
        "details": True,
    }
    if model.temperature:
        parameters["temperature"] = max(request.temperature, LOWEST_TEMPERATURE)
    if request.json_schema is not None and model.structured_output == "json_schema":
        parameters["grammar"] = {"type": "json", "value": request.json_schema}
    return {"inputs": chatml_prompt(request), "parameters": parameters, "stream": stream}


class _Token(WireModel):
    text: str = ""
    special: bool = False


class _Details(WireModel):
    finish_reason: str | None = None
    generated_tokens: TokenCount = 0
    input_length: TokenCount = 0


class _Generation(WireModel):
    """A whole answer, or one token of a streamed one."""

    token: _Token | None = None
    generated_text: str | None = None
    details: _Details | None = None
    error: Any = None
    error_type: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: object) -> object:
        """Whole answers come as a list of one from some servers."""
        if isinstance(value, list) and value:
            return cast("list[object]", value)[0]
        return cast("object", value)


class _GenerationReader:
    """Gathers one generated text."""

    def __init__(self, headers: Mapping[str, str], caller: Caller) -> None:
        self._headers = headers
        self._caller = caller
        self._tokens: list[str] = []
        self._whole: str | None = None
        self._details = _Details()

    @property
    def started(self) -> bool:
        return bool(self._tokens)

    @property
    def ended(self) -> bool:
        return self._whole is not None or self._details.finish_reason is not None

    @property
    def text(self) -> str:
        return "".join(self._tokens) if self._whole is None else self._whole

    @property
    def counted(self) -> BilledUsage:
        return BilledUsage(
            input_tokens=self._details.input_length,
            output_tokens=self._details.generated_tokens,
        )

    def read_body(self, body: bytes) -> None:
        self._take(body)
        if self._whole is None:
            raise self._caller.failed("malformed answer: it holds no generated_text")

    def read_event(self, data: str) -> bool:
        self._take(data)
        return self._whole is not None

    def response(self, latency_seconds: float, request_id: str | None) -> LLMResponse:
        finish_reason = self._details.finish_reason
        facts = {"request_id": request_id, "finish_reason": finish_reason}
        return LLMResponse(
            content=self.text.removesuffix(_END),
            **asdict(self.counted),
            latency_seconds=latency_seconds,
            provider=self._caller.provider,
            model=self._caller.model,
            finish_reason=_FINISH_REASONS.get(finish_reason or "", "other"),
            metadata={name: value for name, value in facts.items() if value},
        )

    def _take(self, text: str | bytes) -> None:
        piece = read_wire(_Generation, text, self._caller)
        if piece.error or piece.error_type:
            raise _stated(piece, self._headers, self._caller)
        if piece.token is not None and not piece.token.special:
            self._tokens.append(piece.token.text)
        if piece.generated_text is not None:
            self._whole = piece.generated_text
        self._details = piece.details or self._details


def _stated(piece: _Generation, headers: Mapping[str, str], caller: Caller) -> ModelError:
    """What an error with a type means: what the status of that type would."""
    status = _STATUSES.get(piece.error_type or "")
    if status is None:
        return stated_error(piece.error, headers, caller)
    return status_error(status, headers, json.dumps({"error": piece.error}).encode(), caller)


def _with_loading_time(headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    """The headers, with the time that a model still needs to load, as the body states it."""
    try:
        said: object = json.loads(body)
    except (ValueError, RecursionError):
        return headers
    seconds = cast("_Json", said).get("estimated_time") if isinstance(said, dict) else None
    plausible = isinstance(seconds, int | float) and 0 < seconds < ABSURD
    if not plausible or retry_after(headers) is not None:
        return headers
    return {**headers, "retry-after": str(seconds)}
