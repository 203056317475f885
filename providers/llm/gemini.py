"""Google's Gemini API: `generateContent` and `streamGenerateContent`.

What a request, an answer and an error look like: https://ai.google.dev/api/generate-content
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import quote

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from core.errors import BilledUsage, ModelError
from providers.llm.answer_reading import WireReader
from providers.llm.catalogue import ModelRow
from providers.llm.http_provider import HttpProvider, WireRequest
from providers.llm.provider import FinishReason, LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller, retry_after, stated_error, status_error
from providers.llm.wire_format import TokenCount, WireModel, read_wire

_ROLES = {"user": "user", "assistant": "model"}
_FINISH_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
}
# The model wrote something that Google itself could not read.
_BROKEN_REASONS = frozenset({"MALFORMED_RESPONSE", "MALFORMED_FUNCTION_CALL"})
# What responseJsonSchema knows; `const` is written as an `enum` of one.
_KEYWORDS = frozenset(
    {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum"}
    | {"items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"}
    | {"properties", "additionalProperties", "required"}
)
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")

_Json = dict[str, Any]


class GeminiProvider(HttpProvider):
    """Gemini models at Google's Gemini API, with a key of Google AI Studio."""

    models_path = "/models?pageSize=1"
    key_refused_statuses = frozenset({401, 403})

    def credentials(self, key: str) -> dict[str, str]:
        """The header that carries the key."""
        return {"x-goog-api-key": key}

    def write(self, request: LLMRequest, model: ModelRow) -> WireRequest:
        """What to post to the model's own path."""
        body: _Json = {
            "contents": [_content(_ROLES[turn.role], turn.content) for turn in request.messages],
            "generationConfig": _generation_config(request, model),
        }
        if request.system:
            body["systemInstruction"] = _content("user", request.system)
        name = request.model if "/" in request.model else f"models/{request.model}"
        method = "streamGenerateContent?alt=sse" if self._row.streams else "generateContent"
        return WireRequest(f"/{quote(name)}:{method}", body)

    def reader(self, model: ModelRow, headers: Mapping[str, str], caller: Caller) -> WireReader:
        """A reader of candidates."""
        return _CandidateReader(headers, caller)

    def refusal(
        self, status: int, headers: Mapping[str, str], body: bytes, caller: Caller
    ) -> ModelError:
        """What a response without success means; the body may say how long to wait."""
        return status_error(status, _with_wait(headers, _parsed(body)), body, caller)

    def refuses_key(self, status: int, body: bytes) -> bool:
        """Whether it is about the key; a wrong or expired one is a 400 with a reason."""
        wrong = status == 400 and b"API_KEY_INVALID" in body
        return wrong or super().refuses_key(status, body)


def _content(role: str, text: str) -> _Json:
    return {"role": role, "parts": [{"text": text}]}


def _generation_config(request: LLMRequest, model: ModelRow) -> _Json:
    config: _Json = {"maxOutputTokens": request.max_tokens}
    if model.temperature:
        config["temperature"] = request.temperature
    if request.json_schema is not None and model.structured_output != "none":
        config["responseMimeType"] = "application/json"
        if model.structured_output == "json_schema":
            config["responseJsonSchema"] = response_schema(request.json_schema)
    return config


def response_schema(schema: _Json) -> _Json:
    """A JSON Schema with the keywords that the API knows; validation holds the others."""
    written: _Json = {}
    for name, value in schema.items():
        if name == "const" and isinstance(value, str | int | float) and not isinstance(value, bool):
            written["enum"] = [value]
        elif name in ("properties", "$defs"):
            named = cast("dict[str, _Json]", value)
            written[name] = {key: response_schema(part) for key, part in named.items()}
        elif name in ("anyOf", "oneOf", "prefixItems"):
            written[name] = [response_schema(part) for part in cast("list[_Json]", value)]
        elif name in ("items", "additionalProperties") and isinstance(value, dict):
            written[name] = response_schema(cast("_Json", value))
        elif name in _KEYWORDS:
            written[name] = value
    return written


class _CamelModel(WireModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Part(_CamelModel):
    text: str | None = None
    thought: bool | None = None


class _Content(_CamelModel):
    parts: tuple[_Part, ...] | None = None


class _Candidate(_CamelModel):
    index: int = 0
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(_CamelModel):
    block_reason: str | None = None
    block_reason_message: str | None = None


class _Usage(_CamelModel):
    """Tokens so far; thoughts are paid for like the answer, and are not among its tokens.

    What came from a cache is among the prompt's.
    """

    prompt_token_count: TokenCount = 0
    cached_content_token_count: TokenCount = 0
    tool_use_prompt_token_count: TokenCount = 0
    candidates_token_count: TokenCount = 0
    thoughts_token_count: TokenCount = 0


class _Reply(_CamelModel):
    """A whole answer, or one piece of a streamed one."""

    candidates: tuple[_Candidate, ...] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None


class _CandidateReader:
    """Gathers the pieces of one answer; of several candidates only the first is read."""

    def __init__(self, headers: Mapping[str, str], caller: Caller) -> None:
        self._headers = headers
        self._caller = caller
        self._text: list[str] = []
        self._finish_reason: str | None = None
        self._feedback: _Feedback | None = None
        self._usage = _Usage()
        self._model = self._id = ""

    @property
    def started(self) -> bool:
        return bool(self._text)

    @property
    def ended(self) -> bool:
        return self._finish_reason is not None or self._blocked is not None

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def counted(self) -> BilledUsage:
        usage = self._usage
        prompt = usage.prompt_token_count + usage.tool_use_prompt_token_count
        return BilledUsage(
            input_tokens=prompt,
            cached_input_tokens=min(usage.cached_content_token_count, prompt),
            output_tokens=usage.candidates_token_count + usage.thoughts_token_count,
        )

    def read_body(self, body: bytes) -> None:
        self._take(self._read(body))
        if not self.ended:
            raise self._caller.failed("malformed answer: it holds no candidate that has ended")

    def read_event(self, data: str) -> bool:
        self._take(self._read(data))
        return False  # nothing but the end of the stream says that it is complete

    def response(self, latency_seconds: float, request_id: str | None) -> LLMResponse:
        if self._blocked is not None:
            said = self._feedback.block_reason_message if self._feedback else None
            why = ": ".join(filter(None, (self._blocked, said)))
            raise self._caller.refused(f"the prompt was blocked: {self._caller.quoted(why)}")
        reason = self._finish_reason or ""
        if reason in _BROKEN_REASONS:
            raise self._caller.failed(f"the answer broke off (finishReason {reason!r})")
        facts = {"id": self._id, "request_id": request_id, "finish_reason": self._finish_reason}
        return LLMResponse(
            content=self.text,
            **asdict(self.counted),
            latency_seconds=latency_seconds,
            provider=self._caller.provider,
            model=self._model or self._caller.model,
            finish_reason=_FINISH_REASONS.get(reason, "other"),
            metadata={name: value for name, value in facts.items() if value},
        )

    @property
    def _blocked(self) -> str | None:
        return self._feedback.block_reason if self._feedback else None

    def _read(self, text: str | bytes) -> _Reply:
        reply = read_wire(_Reply, text, self._caller)
        if reply.error:
            headers = _with_wait(self._headers, {"error": reply.error})
            raise stated_error(reply.error, headers, self._caller)
        return reply

    def _take(self, reply: _Reply) -> None:
        self._id = reply.response_id or self._id
        self._model = reply.model_version or self._model
        self._feedback = reply.prompt_feedback or self._feedback
        self._usage = reply.usage_metadata or self._usage
        for candidate in reply.candidates or ():
            if candidate.index != 0:
                continue
            self._finish_reason = candidate.finish_reason or self._finish_reason
            for part in (candidate.content and candidate.content.parts) or ():
                if part.text and not part.thought:
                    self._text.append(part.text)


def _with_wait(headers: Mapping[str, str], said: object) -> Mapping[str, str]:
    """The headers, with the wait that Google states in the body of an error."""
    waits = [] if retry_after(headers) is not None else list(_stated_waits(said))
    return {**headers, "retry-after": waits[0]} if waits else headers


def _stated_waits(said: object) -> Iterator[str]:
    """Seconds in each `RetryInfo` among the details of an error."""
    details = _field(_field(said, "error"), "details")
    for detail in cast("list[object]", details) if isinstance(details, list) else ():
        if _field(detail, "@type") == _RETRY_INFO:
            found = _SECONDS.fullmatch(str(_field(detail, "retryDelay")))
            if found:
                yield found[1]


def _field(value: object, name: str) -> object:
    return cast("_Json", value).get(name) if isinstance(value, dict) else None


def _parsed(body: bytes) -> object:
    """The JSON of an error's body; `None` when it is none."""
    try:
        said: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(said, list) and said:
        # Streaming methods state an error as a list of one.
        return cast("list[object]", said)[0]
    return cast("object", said)
