"""Which models of the catalogue can do some work, and why the others cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from core.errors import ConfigurationError
from core.roles import Complexity, Role
from providers.llm.breakers import Breakers
from providers.llm.catalogue import DEMO, Catalogue, ModelRow, ProviderRow
from providers.llm.model_ranking import Candidate, outlook
from providers.llm.provider import DEFAULT_MAX_TOKENS
from providers.llm.provider_lacks import ProviderLack
from providers.llm.stage_router import ModelChoice
from providers.storage.call_statistics import ModelRecord


class Prices(Protocol):
    """What is needed of the price list."""

    def worst_case(
        self, provider: str, model: ModelRow, input_tokens: int, max_output_tokens: int
    ) -> Decimal:
        """The most a call may cost, in US dollars; `ConfigurationError` where it is not known."""
        ...


@dataclass(frozen=True)
class Work:
    """What is to be done; `input_tokens` is the size of the whole prompt."""

    role: Role
    complexity: Complexity
    input_tokens: int


@dataclass
class Found:
    """What came of a search.

    Attributes:
        candidates: the models that can do the work, in the order of the catalogue.
        passed_over: a line for each other model or provider, with the reason.
        too_long: the same for models that could do the work if the prompt were shorter.
    """

    candidates: list[Candidate] = field(default_factory=list[Candidate])
    passed_over: list[str] = field(default_factory=list[str])
    too_long: list[str] = field(default_factory=list[str])


class CandidateFinder:
    """Looks for models that can do some work.

    Args:
        catalogue: the providers.
        lacks: what keeps each provider from being asked, by name.
        prices: what calls cost.
        breakers: how the models are.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        lacks: Mapping[str, ProviderLack | None],
        prices: Prices,
        breakers: Breakers,
    ) -> None:
        self._catalogue = catalogue
        self._lacks = lacks
        self._prices = prices
        self._breakers = breakers

    def find(self, work: Work, statistics: Mapping[ModelChoice, ModelRecord]) -> Found:
        """Judge every model of the catalogue.

        Args:
            work: what is to be done.
            statistics: how the models did lately.
        """
        found = Found()
        for provider in self._catalogue:
            lack = self._lacks[provider.name]
            if provider.name == DEMO:
                lack = ProviderLack("", "it answers only where the demo mode says so")
            if lack is not None:
                found.passed_over.append(f"{provider.name}: passed over: {lack}")
                continue
            for model in provider.models:
                self._judge(found, provider, model, work, statistics)
        return found

    def _judge(
        self,
        found: Found,
        provider: ProviderRow,
        model: ModelRow,
        work: Work,
        statistics: Mapping[ModelChoice, ModelRecord],
    ) -> None:
        choice = ModelChoice(provider.name, model.name)
        problem = _unsuited(model, work.role, work.complexity)
        if problem:
            found.passed_over.append(f"{choice}: passed over: {problem}")
            return
        room = min(model.max_output_tokens, DEFAULT_MAX_TOKENS)
        if work.input_tokens + room > model.context_tokens:
            found.too_long.append(
                f"{choice}: passed over: its context is {model.context_tokens:,} tokens; the "
                f"prompt takes about {work.input_tokens:,}, and the answer up to {room:,}"
            )
            return
        try:
            price = self._prices.worst_case(provider.name, model, work.input_tokens, room)
        except ConfigurationError as error:
            found.passed_over.append(f"{choice}: passed over: {error}")
            return
        expected = outlook(model, float(price), statistics.get(choice))
        health = self._breakers.state(choice)
        found.candidates.append(
            Candidate(provider, model, work.role, work.complexity, health, expected)
        )


def _unsuited(model: ModelRow, role: Role, complexity: Complexity) -> str:
    if not model.enabled:
        return "it is switched off in the catalogue"
    if role not in model.roles:
        return f"its roles have no {role!r}"
    if not model.suits(role, complexity):
        return f"it is good for work of complexity {model.complexity!r} at most"
    return ""
