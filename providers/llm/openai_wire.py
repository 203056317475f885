"""The OpenAI chat completions format: how a request is written and an answer is read."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, TypeAdapter
from typing_extensions import TypedDict

from core.errors import BilledUsage
from providers.llm.answer_schema import is_strict
from providers.llm.catalogue import ModelTraits
from providers.llm.provider import FinishReason, LLMRequest, LLMResponse
from providers.llm.wire_errors import Caller, stated_error
from providers.llm.wire_format import TokenCount, WireModel, read_wire_with
from providers.storage.money import MOST_USD

_FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "safety": "content_filter",
}
# The provider gave up in the middle of an answer.
_BROKEN_REASONS = frozenset({"error", "insufficient_system_resource", "abort"})
_SCHEMA_NAME = "answer"
_DONE = "[DONE]"


def request_body(
    request: LLMRequest, traits: ModelTraits, *, stream: bool, stream_usage: bool
) -> dict[str, Any]:
    """The body of `POST /chat/completions`.

    Args:
        request: what is asked.
        traits: what the model can do; what it cannot do is left out.
        stream: whether the answer comes in pieces.
        stream_usage: whether a stream's last piece may be asked to count the tokens.
    """
    messages = [{"role": turn.role, "content": turn.content} for turn in request.messages]
    if request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        traits.max_tokens_field: request.max_tokens,
    }
    if traits.temperature:
        body["temperature"] = request.temperature
    if request.json_schema is not None and traits.structured_output != "none":
        body["response_format"] = _response_format(request, traits)
    if stream:
        body["stream"] = True
        if stream_usage:
            body["stream_options"] = {"include_usage": True}
    return body


def _response_format(request: LLMRequest, traits: ModelTraits) -> dict[str, Any]:
    schema = request.json_schema or {}
    if traits.structured_output == "json_object":
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": request.schema_name or _SCHEMA_NAME,
            "schema": schema,
            "strict": is_strict(schema),
        },
    }


def _price(value: object) -> float:
    """US dollars; what cannot be a price of one call is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value <= MOST_USD else 0.0


def _joined(value: object) -> object:
    """Some providers send the text as a list of typed parts; reasoning is not the answer."""
    if not isinstance(value, list):
        return value
    parts = [_TextPart.model_validate(part) for part in value]  # pyright: ignore[reportUnknownVariableType] -- checked right here
    return "".join(part.text for part in parts if part.type == "text")


class _TextPart(WireModel):
    type: str = "text"
    text: str = ""


# What comes hundreds of times in an answer are dictionaries: a model takes twice as long to make.
class _Piece(TypedDict, total=False):
    content: Annotated[str | None, BeforeValidator(_joined)]
    refusal: str | None


class _Choice(TypedDict, total=False):
    index: int
    message: _Piece | None
    delta: _Piece | None
    finish_reason: str | None


def _object(value: object) -> object:
    return cast("object", value) if isinstance(value, dict) else {}


class _PromptDetails(WireModel):
    cached_tokens: TokenCount = 0


class _Usage(WireModel):
    """Tokens, those of the prompt that were cached among them; `cost` is OpenRouter's.

    DeepSeek writes the cached ones as `prompt_cache_hit_tokens`, and OpenAI's field as well.
    """

    prompt_tokens: TokenCount = 0
    prompt_tokens_details: Annotated[_PromptDetails, BeforeValidator(_object)] = _PromptDetails()
    prompt_cache_hit_tokens: TokenCount = 0
    completion_tokens: TokenCount = 0
    cost: Annotated[float, BeforeValidator(_price)] = 0.0


class Completion(TypedDict, total=False):
    """A whole answer, or one piece of a streamed one; any part may be left out."""

    id: str | None
    model: str | None
    choices: list[_Choice]
    usage: _Usage | None
    error: Any


_COMPLETION = TypeAdapter(Completion)


def read_completion(text: str | bytes, caller: Caller) -> Completion:
    """Read a body, or the data of one event of a stream.

    Raises:
        ProviderFailedError: it is not what the format says.
    """
    return read_wire_with(_COMPLETION.validate_json, text, caller)


class AnswerReader:
    """Gathers the pieces of one answer.

    Attributes:
        started: text has begun to come in.
        ended: the provider said why it ended.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._finish_reason: str | None = None
        self._usage: _Usage | None = None
        self._model = ""
        self._id = ""

    @property
    def started(self) -> bool:
        """Whether text has begun to come in."""
        return bool(self._text)

    @property
    def ended(self) -> bool:
        """Whether the provider said why the answer ended."""
        return self._finish_reason is not None

    @property
    def text(self) -> str:
        """What came in so far, a refusal included."""
        return "".join((*self._text, *self._refusal))

    @property
    def counted(self) -> BilledUsage:
        """What the provider has counted so far."""
        usage = self._usage or _Usage()
        cached = usage.prompt_tokens_details.cached_tokens or usage.prompt_cache_hit_tokens
        return BilledUsage(
            input_tokens=usage.prompt_tokens,
            cached_input_tokens=min(cached, usage.prompt_tokens),
            output_tokens=usage.completion_tokens,
            cost_usd=usage.cost,
        )

    def feed(self, completion: Completion, part: Literal["message", "delta"]) -> None:
        """Add a piece; of several choices only the first is read."""
        self._id = completion.get("id") or self._id
        self._model = completion.get("model") or self._model
        self._usage = completion.get("usage") or self._usage
        for choice in completion.get("choices", ()):
            if choice.get("index", 0) != 0:
                continue
            piece = choice.get(part)
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            if piece is None:
                continue
            if content := piece.get("content"):
                self._text.append(content)
            if refusal := piece.get("refusal"):
                self._refusal.append(refusal)

    def response(self, latency_seconds: float, request_id: str | None) -> LLMResponse:
        """The answer, when all of it was fed.

        Raises:
            RequestRefusedError: the model declined.
            ProviderFailedError: the provider gave up in the middle.
        """
        reason = (self._finish_reason or "").lower()
        if self._refusal:
            refusal = self._caller.quoted("".join(self._refusal))
            raise self._caller.refused(f"the model declined: {refusal}")
        if reason in _BROKEN_REASONS:
            raise self._caller.failed(f"the answer broke off (finish_reason {reason!r})")
        facts = {"id": self._id, "request_id": request_id, "finish_reason": self._finish_reason}
        return LLMResponse(
            content="".join(self._text),
            **asdict(self.counted),
            latency_seconds=latency_seconds,
            provider=self._caller.provider,
            model=self._model or self._caller.model,
            finish_reason=_FINISH_REASONS.get(reason, "other"),
            metadata={name: value for name, value in facts.items() if value},
        )


class CompletionReader(AnswerReader):
    """Reads an answer from a body or from the events of a stream.

    Args:
        headers: of the response; they may say how long to wait when the body states an error.
        caller: who asked.
    """

    def __init__(self, headers: Mapping[str, str], caller: Caller) -> None:
        super().__init__(caller)
        self._headers = headers

    def read_body(self, body: bytes) -> None:
        """Take the answer from a whole body.

        Raises:
            ModelError: the body is malformed, or states an error.
        """
        completion = self._read(body)
        if not any(choice.get("message") is not None for choice in completion.get("choices", ())):
            raise self._caller.failed("malformed answer: it holds no choice with a message")
        self.feed(completion, "message")

    def read_event(self, data: str) -> bool:
        """Take the data of one event, and say whether the stream is complete.

        Raises:
            ModelError: the data is malformed, or states an error.
        """
        if data.strip() == _DONE:
            return True
        self.feed(self._read(data), "delta")
        return False

    def _read(self, text: str | bytes) -> Completion:
        completion = read_completion(text, self._caller)
        if error := completion.get("error"):
            self._usage = completion.get("usage") or self._usage
            raise stated_error(error, self._headers, self._caller)
        return completion
