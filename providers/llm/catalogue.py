"""The catalogue: validated rows of `catalogue.toml`, one per provider, with its models."""

import tomllib
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from importlib import resources
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ConfigurationError, InputError

WireProtocol = Literal["openai-compatible", "anthropic", "gemini", "huggingface", "demo"]
StructuredOutput = Literal["json_schema", "json_object", "none"]
MaxTokensField = Literal["max_tokens", "max_completion_tokens"]
PromptFormat = Literal["chatml"]

DEMO = "demo"
"""Name of the provider that needs neither network nor key."""

_VARIABLE = r"^[A-Z][A-Z0-9_]*$"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelTraits(_Row):
    """What a model can do; see the head of `catalogue.toml` for each field."""

    structured_output: StructuredOutput = "none"
    max_output_tokens: int = Field(default=8_192, ge=1)
    context_tokens: int = Field(default=32_768, ge=1)
    max_tokens_field: MaxTokensField = "max_tokens"
    temperature: bool = True
    prompt_format: PromptFormat | None = None
    extra_body: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _answer_fits_the_context(self) -> Self:
        if self.max_output_tokens > self.context_tokens:
            raise ValueError("max_output_tokens must not be above context_tokens")
        return self


class ModelRow(ModelTraits):
    """A model by the name the stage table uses, and by the id on the provider's wire."""

    name: str = Field(min_length=1)
    wire_id: str = Field(min_length=1)


class ProviderRow(_Row):
    """One provider; see the head of `catalogue.toml` for what each field means.

    Once loaded, `base_url` has no slash at its end, and is empty where nobody has said yet where
    the provider answers; `gone` and `instead` are empty where a variable replaced `base_url`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    protocol: WireProtocol
    base_url: str = ""
    base_url_variable: str | None = Field(default=None, pattern=_VARIABLE)
    key_variable: str | None = Field(default=None, pattern=_VARIABLE)
    key_required: bool = True
    streams: bool = True
    stream_usage: bool = True
    any_model: bool = False
    gone: str = ""
    instead: str = ""
    others: ModelTraits = ModelTraits()
    models: tuple[ModelRow, ...] = ()

    @model_validator(mode="after")
    def _row_is_whole(self) -> Self:
        if self.protocol != DEMO:
            if not (self.base_url or self.base_url_variable):
                raise ValueError("it needs base_url or base_url_variable")
            if self.key_required and self.key_variable is None:
                raise ValueError("it needs key_variable, or key_required = false")
        if self.base_url:
            _check_url(self.base_url)
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
        return self

    def model(self, name: str) -> ModelRow:
        """The model called `name`; one that is not listed is sent as it stands."""
        for model in self.models:
            if model.name == name:
                return model
        return ModelRow(name=name, wire_id=name, **self.others.model_dump())

    def require_model(self, name: str) -> None:
        """See that a model of this name may be asked.

        Raises:
            InputError: the row lists its models, and this is none of them.
        """
        known = [model.name for model in self.models]
        if self.any_model or not known or name in known:
            return
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise InputError(
            f"{self.name} has no model {name!r}; {hint}there are {', '.join(known)} "
            "(providers/llm/catalogue.toml lists them)"
        )

    def model_on_wire(self, wire_id: str) -> ModelRow:
        """The model with this id on the provider's wire."""
        for model in self.models:
            if model.wire_id == wire_id:
                return model
        return self.model(wire_id)


class Catalogue:
    """All providers, looked up by name."""

    def __init__(self, providers: tuple[ProviderRow, ...]) -> None:
        self._by_name = {provider.name: provider for provider in providers}

    def __iter__(self) -> Iterator[ProviderRow]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> ProviderRow:
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(self._by_name)
            raise InputError(f"there is no provider {name!r}; there are {known}") from None

    @property
    def names(self) -> Collection[str]:
        """Names of the providers, in the order of the catalogue."""
        return self._by_name.keys()


def read_catalogue_rows() -> list[dict[str, Any]]:
    """The rows of `catalogue.toml`, as they stand in the file."""
    file = resources.files("providers.llm").joinpath("catalogue.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))["providers"]


def load_catalogue(rows: list[dict[str, Any]], variable: Callable[[str], str | None]) -> Catalogue:
    """Validate rows into a catalogue, with the base URLs that the environment replaces.

    Args:
        rows: as `read_catalogue_rows` gives them.
        variable: value of an environment variable, or `None`; for example
            `EnvironmentSecrets().get`.

    Raises:
        ConfigurationError: a wrong row or variable; the message names it.
    """
    providers: list[ProviderRow] = []
    for number, row in enumerate(rows, start=1):
        label = row.get("name", f"number {number}")
        try:
            provider = ProviderRow.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "row"
            raise ConfigurationError(f"catalogue, row {label!r}: {place}: {first['msg']}") from None
        if provider.name in {other.name for other in providers}:
            raise ConfigurationError(f"catalogue, row {label!r}: an earlier row has this name")
        providers.append(_placed(provider, variable))
    return Catalogue(tuple(providers))


def _placed(provider: ProviderRow, variable: Callable[[str], str | None]) -> ProviderRow:
    name = provider.base_url_variable
    replacement = variable(name) if name else None
    if replacement:
        try:
            _check_url(replacement)
        except ValueError as error:
            raise ConfigurationError(f"{name}: {error}") from None
    shipped = provider.base_url.rstrip("/")
    url = replacement.rstrip("/") if replacement else shipped
    # What was shut down does not concern a server of one's own.
    here = {} if url == shipped else {"gone": "", "instead": ""}
    return provider.model_copy(update={"base_url": url, **here})


def _check_url(url: str) -> None:
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
