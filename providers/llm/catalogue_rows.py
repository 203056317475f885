"""One provider and its models as validated data; `catalogue.toml` explains every field."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.errors import InputError
from core.roles import COMPLEXITIES, Complexity, Role
from core.setting_names import PREFIX

WireProtocol = Literal["openai-compatible", "anthropic", "gemini", "huggingface", "demo"]
StructuredOutput = Literal["json_schema", "json_object", "none"]
MaxTokensField = Literal["max_tokens", "max_completion_tokens"]
PromptFormat = Literal["chatml"]

DEMO = "demo"
"""Name of the provider that needs neither network nor key."""

_VARIABLE = r"^[A-Z][A-Z0-9_]*$"
_BLOCK = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_Item = TypeVar("_Item")


def _each_once(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    for item in items:
        if items.count(item) > 1:
            raise ValueError(f"{item!r} is given twice")
    return items


_PerMinute = Annotated[int, Field(ge=1)]
_Dollars = Annotated[Decimal, Field(ge=0, le=100_000, allow_inf_nan=False)]


class Price(_Row):
    """What a model costs, for models that the price library does not know.

    Attributes:
        input_usd: US dollars for a million tokens of the prompt.
        output_usd: US dollars for a million tokens of the answer.
        as_of: the day on which it was looked up.
        source: where.
        assumed: whether it is another's price, because the provider's own is not known.
    """

    input_usd: _Dollars
    output_usd: _Dollars
    as_of: date
    source: str = Field(min_length=1)
    assumed: bool = False

    @model_validator(mode="after")
    def _costs_something(self) -> Self:
        if not (self.input_usd or self.output_usd):
            raise ValueError("a price of nothing is written free = true")
        return self


class ModelTraits(_Row):
    """What a model can do and costs; see the head of `catalogue.toml` for each field."""

    enabled: bool = True
    roles: Annotated[tuple[Role, ...], AfterValidator(_each_once)] = ()
    complexity: Complexity = "low"
    priority: int = Field(default=5, ge=1)
    structured_output: StructuredOutput = "none"
    max_output_tokens: int = Field(default=8_192, ge=1)
    context_tokens: int = Field(default=32_768, ge=1)
    max_tokens_field: MaxTokensField = "max_tokens"
    temperature: bool = True
    prompt_format: PromptFormat | None = None
    extra_body: dict[str, Any] = Field(default_factory=dict)
    requests_per_minute: _PerMinute | None = None
    tokens_per_minute: _PerMinute | None = None
    free: bool = False
    price: Price | None = None
    latency_seconds: float = Field(default=30, gt=0, le=3_600, allow_inf_nan=False)
    reliability: float = Field(default=0.9, gt=0, le=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.max_output_tokens > self.context_tokens:
            raise ValueError("max_output_tokens must not be above context_tokens")
        if self.free and self.price is not None:
            raise ValueError("it is both free and priced; leave one out")
        return self

    def suits(self, role: Role, complexity: Complexity) -> bool:
        """Whether it may be chosen for work of this kind that is at most this hard."""
        hardest = COMPLEXITIES.index(self.complexity)
        return self.enabled and role in self.roles and COMPLEXITIES.index(complexity) <= hardest


class ModelRow(ModelTraits):
    """A model by the name the stage table uses, and by the id on the provider's wire."""

    name: str = Field(min_length=1)
    wire_id: str = Field(min_length=1)


class ProviderRow(_Row):
    """One provider; see the head of `catalogue.toml` for what each field means.

    Once loaded, `base_url` has no slash at its end, and is empty where nobody has said yet where
    the provider answers; `gone` and `instead` are empty where a variable replaced `base_url`.
    `key_block` and `price_providers` are filled in from the row's other fields.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    enabled: bool = True
    priority: int = Field(default=5, ge=1)
    protocol: WireProtocol
    base_url: str = ""
    base_url_variable: str | None = Field(default=None, pattern=_VARIABLE)
    key_variable: str | None = Field(default=None, pattern=_VARIABLE)
    key_block: str | None = Field(default=None, pattern=_BLOCK)
    key_required: bool = True
    streams: bool = True
    stream_usage: bool = True
    reports_cost: bool = False
    any_model: bool = False
    gone: str = ""
    instead: str = ""
    requests_per_minute: _PerMinute | None = None
    tokens_per_minute: _PerMinute | None = None
    price_providers: Annotated[tuple[str, ...], AfterValidator(_each_once)] = ()
    models_by_role: dict[Role, str] = Field(default_factory=dict[Role, str])
    others: ModelTraits = ModelTraits()
    models: tuple[ModelRow, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, row: dict[str, Any]) -> dict[str, Any]:
        filled = dict(row)
        filled.setdefault("price_providers", (filled.get("name"),))
        key = filled.get("key_variable")
        if isinstance(key, str):
            filled.setdefault("key_block", key.lower().replace("_", "-"))
        return filled

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.protocol == DEMO and not self.enabled:
            raise ValueError("MODEL_ROUTER_DEMO_MODE=disabled switches the demo model off")
        if self.protocol != DEMO:
            if not (self.base_url or self.base_url_variable):
                raise ValueError("it needs base_url or base_url_variable")
            if self.key_required and self.key_variable is None:
                raise ValueError("it needs key_variable, or key_required = false")
        for variable in (self.key_variable, self.base_url_variable):
            if variable and variable.startswith(PREFIX):
                raise ValueError(f"{variable!r} must not begin with {PREFIX}, as settings do")
        if self.base_url:
            require_url(self.base_url)
        return self

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if bool(self.gone) != bool(self.instead):
            raise ValueError("gone and instead need each other")
        if self.protocol != "huggingface" and any(
            traits.prompt_format for traits in (self.others, *self.models)
        ):
            raise ValueError("only the protocol 'huggingface' has models with a prompt_format")
        names = [model.name for model in self.models]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the model {name!r} is there twice")
        for role, name in self.models_by_role.items():
            _require_role(self.models, role, name)
        return self

    def model(self, name: str) -> ModelRow:
        """The model called `name`; one that is not listed is sent as it stands."""
        for model in self.models:
            if model.name == name:
                return model
        return ModelRow(name=name, wire_id=name, **self.others.model_dump())

    def model_on_wire(self, wire_id: str) -> ModelRow:
        """The model with this id on the provider's wire."""
        for model in self.models:
            if model.wire_id == wire_id:
                return model
        return self.model(wire_id)

    def answers(self, model: str) -> bool:
        """Whether neither the provider nor its model of this name is switched off."""
        return self.enabled and self.model(model).enabled

    def require_model(self, name: str) -> None:
        """See that a model of this name may be asked.

        Raises:
            InputError: the provider or the model is switched off, or the row lists its models
                and this is none of them.
        """
        if not self.enabled:
            raise InputError(
                f"the provider {self.name!r} is switched off in the catalogue; name a model of "
                "another, or set enabled = true in its row"
            )
        known = [model.name for model in self.models]
        if not self.any_model and known and name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise InputError(
                f"{self.name} has no model {name!r}; {hint}there are {', '.join(known)} "
                "(providers/llm/catalogue.toml lists them, APP_BUILDER_CATALOGUE adds to them)"
            )
        if not self.model(name).enabled:
            raise InputError(
                f"{self.name} has the model {name!r} switched off in the catalogue; name another, "
                "or set enabled = true in its row"
            )


def _require_role(models: Sequence[ModelRow], role: Role, name: str) -> None:
    row = next((model for model in models if model.name == name), None)
    if row is None:
        known = ", ".join(model.name for model in models) or "none"
        raise ValueError(f"models_by_role: {role} is {name!r}, but its models are: {known}")
    if role not in row.roles:
        raise ValueError(f"models_by_role: {role} is {name!r}, whose roles have no {role!r}")


def require_url(url: str) -> None:
    """See that a text is the root of an HTTP server.

    Raises:
        ValueError: it is not; says why, without showing a password.
    """
    if "@" in url:
        # Not quoted: what stands before the @ may be a password.
        raise ValueError("the URL must not hold a user or password")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # raises ValueError when it is no port
    except ValueError:
        whole = False
    if not whole:
        raise ValueError(f"{url!r} must be an http:// or https:// URL with a host")
    if "?" in url or "#" in url:
        raise ValueError(f"{url!r} must have neither a query nor a fragment")
