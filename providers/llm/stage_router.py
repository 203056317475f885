"""Which models answer which stage, and whether the keys for them are there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import ConfigurationError
from core.secrets import SecretSource
from core.settings import DemoMode
from core.stages import ALL, ModelUse, Stage, StageTable
from providers.llm.catalogue import DEMO, Catalogue, ProviderRow
from providers.llm.provider_lacks import ProviderLack, demo_stands_in, provider_lacks

DEMO_MODE_VARIABLE = "MODEL_ROUTER_DEMO_MODE"


@dataclass(frozen=True)
class ModelChoice:
    """A model of a provider, both by their names in the catalogue."""

    provider: str
    model: str

    @property
    def identity(self) -> str:
        """How people write it: `deepseek/deepseek-v3`."""
        return f"{self.provider}/{self.model}"

    def __str__(self) -> str:
        return self.identity


DEMO_CHOICE = ModelChoice(DEMO, DEMO)


class StageRouter:
    """Turns the stage table into models to ask, on the terms of the demo mode.

    The demo model answers every stage when demo mode is `forced`, or when it is `auto` and no
    provider has what it needs (a key; for a local server its URL). A model that somebody chose
    for this build is asked even then, and its key is needed: what was asked for by name is never
    silently replaced.

    Args:
        table: the stages, with the overrides of this build applied.
        catalogue: the providers.
        secrets: where the keys are.
        demo_mode: `auto`, `disabled` or `forced`.
        overridden: keys of the overrides: stage numbers, template names or `all`.
    """

    def __init__(
        self,
        table: StageTable,
        catalogue: Catalogue,
        secrets: SecretSource,
        demo_mode: DemoMode,
        *,
        overridden: Collection[str] = (),
    ) -> None:
        self._table = table
        self._catalogue = catalogue
        self._overridden = frozenset(overridden)
        self._demo = demo_mode == "forced"
        rows = catalogue if demo_mode == "auto" else self._rows_asked()
        self._lacks = provider_lacks(rows, secrets)
        self._demo = demo_stands_in(demo_mode, self._lacks)

    @property
    def demo(self) -> bool:
        """Whether the demo model stands in for the models of the stage table."""
        return self._demo

    def choices(self, stage_number: str, template: str) -> tuple[ModelChoice, ...]:
        """Models to ask for a template of a stage, in order: the first, then its fallback.

        A fallback that is switched off, or whose provider has no key, is left out.

        Raises:
            InputError: there is no such stage.
            KeyError: the stage does not ask this template.
        """
        stage = self._table[stage_number]
        use = stage.model_use(template)
        if self._is_demo(stage, use):
            return (DEMO_CHOICE,)
        choices = [ModelChoice(use.provider, use.model)]
        if use.fallback_provider is not None and use.fallback_model is not None:
            fallback = ModelChoice(use.fallback_provider, use.fallback_model)
            can_answer = self._catalogue[fallback.provider].answers(fallback.model)
            if fallback not in choices and can_answer and not self._lacks[fallback.provider]:
                choices.append(fallback)
        return tuple(choices)

    def check_keys(self, stage_numbers: Iterable[str]) -> None:
        """See that every stage that will run can ask its first model.

        Raises:
            ConfigurationError: some cannot; all of them are listed together.
        """
        stages_by_lack: dict[ProviderLack, list[str]] = {}
        gone: list[str] = []
        for stage in map(self._table.__getitem__, stage_numbers):
            for use in stage.models:
                if not use.asked or self._is_demo(stage, use):
                    continue
                row = self._catalogue[use.provider]
                lack = self._lacks[row.name]
                if row.gone:
                    gone.append(_told_gone(row, stage, use))
                elif lack and stage.label not in stages_by_lack.setdefault(lack, []):
                    stages_by_lack[lack].append(stage.label)
        problems: list[str] = []
        if gone:
            problems.append("these stages ask a provider that is gone:\n" + "\n".join(gone))
        problems += _told_lacks(stages_by_lack)
        if problems:
            raise ConfigurationError("\n".join(problems))

    def _rows_asked(self) -> list[ProviderRow]:
        """Providers that may be asked, the fallbacks included."""
        names = {
            name
            for stage in self._table.stages
            for use in stage.models
            if not self._is_demo(stage, use)
            for name in (use.provider, use.fallback_provider)
            if name is not None
        }
        return [row for row in self._catalogue if row.name in names]

    def _is_demo(self, stage: Stage, use: ModelUse) -> bool:
        return self._demo and not {ALL, stage.number, use.template} & self._overridden


def _told_gone(row: ProviderRow, stage: Stage, use: ModelUse) -> str:
    key = stage.number if len(stage.models) == 1 else use.template
    own = row.base_url_variable
    server = f", or name a server of your own in {own}" if own else ""
    return (
        f"  stage {stage.label} asks {row.name}: {row.gone}; "
        f"choose --model {key}={row.instead}{server}"
    )


def _told_lacks(stages_by_lack: Mapping[ProviderLack, Sequence[str]]) -> list[str]:
    """What is to be set, apart from what may be set and could not be looked up."""
    told: list[str] = []
    for failed, heading, advice in (
        (False, "these are not set, and the stages to run need them:", "set them"),
        (
            True,
            "these could not be looked up, and the stages to run need them:",
            "mend what is said of each",
        ),
    ):
        lines = [
            f"  {lack.variable} (for stage {', '.join(stages)}): {lack.reason}"
            for lack, stages in stages_by_lack.items()
            if lack.failed == failed
        ]
        if lines:
            told.append(
                "\n".join((heading, *lines))
                + f"\n{advice}, choose other models for these stages, or set "
                f"{DEMO_MODE_VARIABLE}=forced to build with the demo model"
            )
    return told
