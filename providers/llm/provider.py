"""What every model provider offers, and the request and response it deals in."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_MAX_TOKENS = 8_192
DEFAULT_TEMPERATURE = 0.7
JSON_TEMPERATURE = 0.2
"""Stages that answer in JSON want the likeliest answer, not the most varied one."""

FinishReason = Literal["stop", "length", "content_filter", "other"]


class Message(BaseModel):
    """One turn of the conversation after the system text."""

    model_config = ConfigDict(frozen=True)

    role: Literal["user", "assistant"]
    content: str


class LLMRequest(BaseModel):
    """A question to a model.

    Attributes:
        model: the model's id on the provider's wire.
        system: role and rules.
        messages: the conversation so far; the last turn is the user's.
        max_tokens: most tokens of the answer.
        temperature: 0 (likeliest) to 2.
        schema_name: name of the JSON Schema, when there is one.
        json_schema: JSON Schema the answer must fit; `None` for free text.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    system: str
    messages: tuple[Message, ...]
    max_tokens: int = Field(default=DEFAULT_MAX_TOKENS, ge=1)
    temperature: float = Field(default=DEFAULT_TEMPERATURE, ge=0, le=2)
    schema_name: str = ""
    json_schema: dict[str, Any] | None = None


class LLMResponse(BaseModel):
    """A model's answer; a failure is raised, never returned.

    Attributes:
        content: the answer's text.
        input_tokens: tokens of the whole prompt, as the provider counts them.
        cached_input_tokens: how many of them it read from its cache; at most `input_tokens`.
        output_tokens: tokens of the answer.
        cost_usd: price of the call in US dollars; 0 when the provider names none.
        latency_seconds: from sending to the last byte.
        provider: the provider's name in the catalogue.
        model: the model that answered, as the provider names it.
        finish_reason: `length` means the answer is cut off.
        metadata: what else the provider said, such as its request id.
    """

    model_config = ConfigDict(frozen=True)

    content: str
    input_tokens: int = Field(default=0, ge=0)
    cached_input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_usd: float = Field(default=0.0, ge=0)
    latency_seconds: float = Field(default=0.0, ge=0)
    provider: str
    model: str
    finish_reason: FinishReason = "stop"
    metadata: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Health:
    """What a look after a provider found; true where it is well.

    Attributes:
        well: whether it answers, and takes our key.
        seconds: how long the look took.
        reason: why it is not well; empty where it is.
        providers_fault: whether the provider is to blame, and not the key or a setting.
    """

    well: bool
    seconds: float = 0.0
    reason: str = ""
    providers_fault: bool = False

    def __bool__(self) -> bool:
        return self.well


class Answerer(Protocol):
    """A party that answers requests: a provider, or one with something wrapped around it."""

    @property
    def name(self) -> str:
        """The provider's name in the catalogue."""
        ...

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            ModelError: one of its four branches; see `core.errors`.
        """
        ...


class LLMProvider(Answerer, Protocol):
    """A provider; one instance serves any number of calls at once."""

    async def health_check(self) -> Health:
        """Whether the provider answers at all; never raises, at most a few seconds."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A provider whose answers are computed by code of this project, and change with it."""

    @property
    def version(self) -> str:
        """Digest of that code."""
        ...
