"""In which order the models that can do some work are asked, and the words for it.

The order, from the weightiest: health (by its breaker), the provider's priority, whether its row
names the model for the role, the model's priority, and the expected cost of one answer:

    (price + SECOND_USD × latency) / reliability

in which price is in US dollars for the prompt and the longest usual answer, and 1 / reliability is
the number of calls until one is answered. Price, latency and reliability weigh against each other
there, so that a model that is a little cheaper and fails half the time does not win. That a model
is no more capable than needed is no aim in itself (its price tells): it decides only between
equals, and the name decides last, so that the order never depends on chance.

Latency and reliability are those observed, drawn towards the catalogue's priors as if these had
been seen in `PRIOR_CALLS` calls:

    reliability = (successes + PRIOR_CALLS × prior) / (calls + PRIOR_CALLS)
    latency     = (successes × median + PRIOR_CALLS × prior) / (successes + PRIOR_CALLS)

The first is the mean of the Beta posterior (Gelman et al., Bayesian Data Analysis, 3rd edition,
section 2.4).
"""

from dataclasses import dataclass

from core.roles import COMPLEXITIES, Complexity, Role
from providers.llm.breaker import BreakerState
from providers.llm.catalogue import ModelRow, ProviderRow
from providers.llm.stage_router import ModelChoice
from providers.storage.call_statistics import ModelRecord

SECOND_USD = 0.0005
"""What a second of waiting is worth, in US dollars: ten of them are half a cent."""

PRIOR_CALLS = 20
"""Calls of observation that the catalogue's word counts for."""

_HEALTH: tuple[BreakerState, ...] = ("closed", "half-open", "open")


@dataclass(frozen=True)
class Outlook:
    """What one call may be expected to be like.

    Attributes:
        price_usd: most it costs, in US dollars, with an answer of the usual longest size.
        latency_seconds: how long it takes.
        reliability: probability that it is answered, above 0, to 1.
        calls: how many calls were observed.
    """

    price_usd: float
    latency_seconds: float
    reliability: float
    calls: int

    @property
    def answer_usd(self) -> float:
        """Expected cost of one answer, waiting included, in US dollars."""
        return (self.price_usd + SECOND_USD * self.latency_seconds) / self.reliability


def outlook(model: ModelRow, price_usd: float, record: ModelRecord | None) -> Outlook:
    """What to expect of a model, by the catalogue and by what was observed."""
    calls, successes, median = 0, 0, None
    if record is not None:
        calls, successes = record.calls, record.successes
        median = record.median_seconds
    timed = 0 if median is None else successes
    latency = (timed * (median or 0.0) + PRIOR_CALLS * model.latency_seconds) / (
        timed + PRIOR_CALLS
    )
    reliability = (successes + PRIOR_CALLS * model.reliability) / (calls + PRIOR_CALLS)
    return Outlook(price_usd, latency, reliability, calls)


@dataclass(frozen=True)
class Candidate:
    """A model that can do the work, with all that its place depends on."""

    provider: ProviderRow
    model: ModelRow
    role: Role
    complexity: Complexity
    health: BreakerState
    outlook: Outlook

    @property
    def choice(self) -> ModelChoice:
        """Its name."""
        return ModelChoice(self.provider.name, self.model.name)

    @property
    def rank(self) -> tuple[float, ...]:
        """What it is ordered by, the lowest first; `_CRITERIA` has the words for each place."""
        surplus = COMPLEXITIES.index(self.model.complexity) - COMPLEXITIES.index(self.complexity)
        return (
            _HEALTH.index(self.health),
            self.provider.priority,
            self.provider.models_by_role.get(self.role) != self.model.name,
            self.model.priority,
            self.outlook.answer_usd,
            surplus,
        )

    def describe(self) -> str:
        """Its facts in words."""
        outlook = self.outlook
        seen = f"{outlook.calls} calls observed" if outlook.calls else "by the catalogue"
        return (
            f"breaker {self.health}, priority {self.provider.priority} and "
            f"{self.model.priority}, good for {self.model.complexity}; at most "
            f"${outlook.price_usd:.4f}, about {outlook.latency_seconds:.0f} s, "
            f"{outlook.reliability:.1%} reliable ({seen}): "
            f"${outlook.answer_usd:.4f} an answer"
        )


_CRITERIA = (
    "its breaker",
    "the provider's priority",
    "the provider's row names another model for the role",
    "the model's priority",
    "what an answer is expected to cost, waiting and failures included",
    "it can do more than is needed",
)


def ranked(candidates: list[Candidate]) -> list[Candidate]:
    """The candidates in the order in which they are asked."""
    return sorted(candidates, key=lambda each: (each.rank, each.choice.identity))


def told(order: list[Candidate]) -> tuple[str, ...]:
    """One line for each candidate: its place, its facts, and why it is behind the one before."""
    lines: list[str] = []
    for place, candidate in enumerate(order):
        line = f"{place + 1}. {candidate.choice}: {candidate.describe()}"
        if place:
            before = order[place - 1]
            line += f"; behind {before.choice} because of {_difference(before, candidate)}"
        lines.append(line)
    return tuple(lines)


def _difference(before: Candidate, after: Candidate) -> str:
    pairs = zip(before.rank, after.rank, _CRITERIA, strict=True)
    differences = (words for first, second, words in pairs if first != second)
    return next(differences, "its name, for they are alike")
