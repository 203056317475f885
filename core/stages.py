"""The stage table: validated rows of `stages.toml`, which operators know by number and name."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from importlib import resources
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from core.errors import ConfigurationError, InputError
from core.roles import Complexity, Role

ALL = "all"
"""Key of an override for every template that no other override names."""

AUTO = "auto"
"""Value of an override that leaves the choice of a model to the model router."""


def _each_once(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if paths.count(path) > 1:
            raise ValueError(f"{path!r} is given twice")
    return paths


_PATH = r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*(\.[a-z0-9]+|/)$"
_Paths = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=_PATH)], ...], AfterValidator(_each_once)
]
_Delay = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelUse(_Row):
    """Which model answers one template of a stage.

    Attributes:
        template: name of the template pair.
        role, complexity: what the model is asked to be, and how hard the work is; they belong to
            the template and stay when another model is chosen.
        provider, model: names in the catalogue.
        fallback_provider, fallback_model: asked when the first model's answers cannot be used.
        asked: false where the template is there, but the stage does not ask it yet.

    Where an override says `auto`, provider and model are both `auto`, until a choice replaces them.
    """

    template: str = Field(min_length=1)
    role: Role
    complexity: Complexity
    provider: str = Field(min_length=1)
    model: str = Field(min_length=1)
    fallback_provider: str | None = None
    fallback_model: str | None = None
    asked: bool = True

    @model_validator(mode="after")
    def _fallback_is_whole(self) -> Self:
        if (self.fallback_provider is None) != (self.fallback_model is None):
            raise ValueError("a fallback needs both fallback_provider and fallback_model")
        return self

    @property
    def is_auto(self) -> bool:
        """Whether the model router is still to choose the model."""
        return self.provider == self.model == AUTO

    def asking(self, provider: str, model: str) -> "ModelUse":
        """The same with another first model; `auto` brings its own fallback."""
        changed = {"provider": provider, "model": model}
        if provider == model == AUTO:
            changed |= {"fallback_provider": None, "fallback_model": None}
        return self.model_copy(update=changed)


class Stage(_Row):
    """One row of the stage table; see the head of `stages.toml` for what each field means."""

    number: str = Field(pattern=r"^(0|[1-9][0-9]*)(\.[1-9])?$")
    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    task: str = Field(pattern=r"^[a-z_.0-9]+:[a-z_0-9]+$")
    fan_out: bool = False
    cached: bool = True
    reads: _Paths
    writes: _Paths = Field(min_length=1)
    retry_delays: tuple[_Delay, ...] = (0.5, 1.5)
    timeout_seconds: float = Field(default=900, gt=0, allow_inf_nan=False)
    max_calls: int = Field(default=24, ge=1)
    asks_person: Literal["", "questions", "structure", "fixes"] = ""
    models: tuple[ModelUse, ...] = ()

    @property
    def label(self) -> str:
        """Number and name, as task runs are called: `1.5 normalizer`."""
        return f"{self.number} {self.name}"

    def model_use(self, template: str) -> ModelUse:
        """The stage's entry for a template.

        Raises:
            KeyError: the stage does not ask this template.
        """
        for use in self.models:
            if use.template == template:
                return use
        raise KeyError(f"stage {self.label} does not ask {template!r}")


class StageTable:
    """All stages in order, looked up by number."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.stages = stages
        self._by_number = {stage.number: stage for stage in stages}

    def __getitem__(self, number: str) -> Stage:
        try:
            return self._by_number[number]
        except KeyError:
            known = ", ".join(self._by_number)
            raise InputError(f"there is no stage {number!r}; the stages are {known}") from None

    def position(self, number: str) -> int:
        """Place of a stage in the order, from 0; unknown numbers raise `InputError`."""
        return self.stages.index(self[number])

    def asking(self, template: str) -> Stage:
        """The stage in whose row a template's models stand; another may ask them again.

        Raises:
            KeyError: there is no such stage.
        """
        for stage in self.stages:
            if any(use.template == template for use in stage.models):
                return stage
        raise KeyError(f"no stage asks {template!r}")

    def templates(self) -> tuple[str, ...]:
        """Every template some stage asks, in order."""
        return tuple(use.template for stage in self.stages for use in stage.models)

    def with_models(self, overrides: Mapping[str, str], providers: Collection[str]) -> "StageTable":
        """A table in which some stages ask other models.

        Args:
            overrides: from a stage's number (`"3"`), a template's name (`"coder"`), or `"all"`
                for every template not named otherwise, to `"provider/model"`, or to `"auto"`,
                which leaves the choice to the model router.
            providers: names of the providers there are.

        Raises:
            InputError: an unknown stage, template or provider, or a value of another form.
        """
        # `all` first, wherever it stands, so that whatever is named wins over it.
        chosen = {
            template: _parse_override(key, overrides[key], providers)
            for key in sorted(overrides, key=lambda key: key != ALL)
            for template in (self.templates() if key == ALL else self._templates_of(key))
        }
        return self.with_uses(lambda use: use.asking(*chosen.get(use.template, _named(use))))

    def with_uses(self, changed: Callable[[ModelUse], ModelUse]) -> "StageTable":
        """A table with each entry for a template changed."""
        return StageTable(
            tuple(
                stage.model_copy(update={"models": tuple(map(changed, stage.models))})
                for stage in self.stages
            )
        )

    def _templates_of(self, key: str) -> tuple[str, ...]:
        if key in self.templates():
            return (key,)
        templates = self._by_number[key].models if key in self._by_number else ()
        if not templates:
            asking = [stage.number for stage in self.stages if stage.models]
            raise InputError(
                f"models: {key!r} is neither a stage that asks a model ({', '.join(asking)}) "
                f"nor a template ({', '.join(self.templates())})"
            )
        if len(templates) > 1:
            names = " or ".join(repr(use.template) for use in templates)
            raise InputError(f"models: stage {key} asks several models; say {names} instead")
        return tuple(use.template for use in templates)


def _parse_override(key: str, value: str, providers: Collection[str]) -> tuple[str, str]:
    if value == AUTO:
        return AUTO, AUTO
    provider, slash, model = value.partition("/")
    if not (provider and slash and model):
        raise InputError(
            f"models: {value!r} for {key!r} must be provider/model, "
            f"for example deepseek/deepseek-v3, or {AUTO}"
        )
    if provider not in providers:
        raise InputError(
            f"models: unknown provider {provider!r} for {key!r}; "
            f"there are {', '.join(sorted(providers))}"
        )
    return provider, model


def _named(use: ModelUse) -> tuple[str, str]:
    return use.provider, use.model


def read_stage_rows() -> list[dict[str, Any]]:
    """The rows of `stages.toml`, as they stand in the file."""
    text = resources.files("core").joinpath("stages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["stages"]


def load_stage_table(
    rows: list[dict[str, Any]], *, providers: Collection[str], templates: Collection[str]
) -> StageTable:
    """Validate rows into a table.

    Args:
        rows: as `read_stage_rows` gives them.
        providers: names of the providers in the catalogue.
        templates: names of the templates there are.

    Raises:
        ConfigurationError: a wrong row; the message names it. Or there is no row at all.
    """
    if not rows:
        raise ConfigurationError("stage table: it has no row; add one [[stages]] at least")
    stages: list[Stage] = []
    written: set[str] = set()
    for row in rows:
        label = f"{row.get('number', '?')} {row.get('name', '?')}"
        try:
            stage = Stage.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "row"
            given = first["input"]
            quoted = f" (not {given!r})" if isinstance(given, (str, int, float)) else ""
            raise ConfigurationError(
                f"stage table, row {label!r}: {place}: {first['msg']}{quoted}"
            ) from None
        problem = _problem(stage, stages, written, providers, templates)
        if problem:
            raise ConfigurationError(f"stage table, row {label!r}: {problem}")
        stages.append(stage)
        written.update(stage.writes)
    return StageTable(tuple(stages))


def _problem(
    stage: Stage,
    earlier: list[Stage],
    written: Collection[str],
    providers: Collection[str],
    templates: Collection[str],
) -> str | None:
    if earlier and float(stage.number) <= float(earlier[-1].number):
        return f"its number must be above {earlier[-1].number}, the row before"
    if stage.name in {other.name for other in earlier}:
        return f"the name {stage.name!r} is taken by an earlier row"
    fanning_out = [other.label for other in earlier if other.fan_out]
    if stage.fan_out and fanning_out:
        return f"only one stage can fan out, and {fanning_out[0]!r} does already"
    for artifact in stage.reads:
        if artifact not in written:
            return f"it reads {artifact!r}, which no earlier stage writes"
    return _problem_of_models(stage, earlier, providers, templates)


def _problem_of_models(
    stage: Stage, earlier: list[Stage], providers: Collection[str], templates: Collection[str]
) -> str | None:
    taken = {use.template for other in earlier for use in other.models}
    for use in stage.models:
        if use.template not in templates:
            return f"there is no template {use.template!r}"
        if use.template in taken:
            return f"the template {use.template!r} belongs to an earlier row"
        for provider in (use.provider, use.fallback_provider):
            if provider is not None and provider not in providers:
                return f"unknown provider {provider!r}"
    return None
