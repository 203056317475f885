"""What a build is expected to ask before anything was observed: rows of `expectations.toml`."""

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError

_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProductSize(_Row):
    """How large a product is, or is expected to be.

    Attributes:
        entities, modules, files: how many it has; expected ones need not be whole numbers.
        is_planned: the files are those of a structure that is there, not an estimate.
    """

    entities: _Amount
    modules: _Amount
    files: _Amount
    is_planned: bool = False


class _Growth(_Row):
    base: _Amount
    per_entity: _Amount
    per_feature: _Amount

    def at(self, entities: float, features: float) -> float:
        return self.base + self.per_entity * entities + self.per_feature * features


class ProductRow(_Row):
    """How large a product is, from what a questionnaire says."""

    entities_per_feature: _Amount
    modules: _Growth
    files: _Growth

    def size_of(self, questionnaire: Questionnaire) -> ProductSize:
        """The expected size of a product that is not planned yet."""
        features = max(len(questionnaire.features), 1)
        entities = max(len(questionnaire.entities), self.entities_per_feature * features, 1.0)
        return ProductSize(
            entities=entities,
            modules=self.modules.at(entities, features),
            files=self.files.at(entities, features),
        )


class Spreads(_Row):
    """Relative standard deviations of what stands in the file."""

    calls: _Amount
    tokens: _Amount
    seconds: _Amount
    product: _Amount


class CallsRow(_Row):
    """How often a template is asked, for each thing that there is."""

    per_build: _Amount = 0
    per_entity: _Amount = 0
    per_module: _Amount = 0
    per_file: _Amount = 0

    def of(self, size: ProductSize) -> float:
        """Calls for a product of a size."""
        return (
            self.per_build
            + self.per_entity * size.entities
            + self.per_module * size.modules
            + self.per_file * size.files
        )


class Expectation(_Row):
    """What asking a template takes; tokens are of one call."""

    calls: CallsRow
    input_tokens: _Amount
    output_tokens: _Amount


class _TemplateRow(Expectation):
    template: str


class _StageRow(_Row):
    stage: str
    seconds: _Amount


class Expectations(_Row):
    """The whole file; its head says what each field means."""

    product: ProductRow
    spread: Spreads
    default: Expectation
    stages: tuple[_StageRow, ...]
    templates: tuple[_TemplateRow, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [row.template for row in self.templates] + [row.stage for row in self.stages]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is there twice")
        return self

    def of_template(self, template: str) -> Expectation:
        """What asking a template takes; the default for one without a row."""
        for row in self.templates:
            if row.template == template:
                return row
        return self.default

    def seconds_of_stage(self, number: str) -> float:
        """Seconds of a stage's work besides asking models."""
        return next((row.seconds for row in self.stages if row.stage == number), 0.0)


@cache
def load_expectations() -> Expectations:
    """The shipped expectations.

    Raises:
        ConfigurationError: the file is wrong; the message names the place.
    """
    text = resources.files("core").joinpath("expectations.toml").read_text(encoding="utf-8")
    return parse_expectations(text)


def parse_expectations(text: str) -> Expectations:
    """Validate the text of such a file.

    Raises:
        ConfigurationError: it is wrong; the message names the place.
    """
    try:
        return Expectations.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"expectations.toml: it is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigurationError(f"expectations.toml, {place}: {first['msg']}") from None
