"""What a build will probably take: estimates per stage, from the ledger or from expectations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.estimate import Estimate
from core.expectations import Expectations, ProductSize
from core.stages import Stage
from providers.llm.catalogue import Catalogue
from providers.llm.prices import PriceList
from providers.llm.prompt_size import reserved_tokens
from providers.llm.provider import DEFAULT_MAX_TOKENS
from providers.llm.stage_router import ModelChoice
from providers.storage.ledger_observations import Observations, Spread

ENOUGH = 5
"""Observations from which on what was seen takes the place of what is expected."""


@dataclass(frozen=True)
class UsePlan:
    """What asking one template will take.

    Attributes:
        template: its name.
        models: who is asked: the first, then its fallback.
        calls, input_tokens, output_tokens, seconds, cost_usd: of all its calls together; seconds
            are those of waiting for the model, one call after another.
        call_usd: cost of one call.
        reserved_usd: what the ledger holds for one call before it is made, its worst case.
        assumed: the models whose price is another provider's, their own being unknown.
        observed: calls to this model that the figures are learned from; 0 where they are expected.
    """

    template: str
    models: tuple[ModelChoice, ...]
    calls: Estimate
    input_tokens: Estimate
    output_tokens: Estimate
    seconds: Estimate
    cost_usd: Estimate
    call_usd: Estimate
    reserved_usd: Estimate
    observed: int
    assumed: tuple[ModelChoice, ...] = ()


class Estimator:
    """Estimates templates one by one.

    Args:
        expectations: what is expected until the ledger knows better.
        observations: what the ledger knows.
        catalogue: the models, with the time that one call is expected to take.
        prices: what they cost.
        size: how large the product is.
    """

    def __init__(
        self,
        expectations: Expectations,
        observations: Observations,
        catalogue: Catalogue,
        prices: PriceList,
        size: ProductSize,
    ) -> None:
        self._expectations = expectations
        self._observations = observations
        self._catalogue = catalogue
        self._prices = prices
        self._size = size

    def use(self, template: str, models: tuple[ModelChoice, ...], *, done: int = 0) -> UsePlan:
        """Estimate one template.

        Args:
            template: its name.
            models: who is asked; the estimate is that of the first.
            done: files about which it was answered already.
        """
        first = models[0]
        calls = self._calls(template, done)
        expected = self._expectations.of_template(template)
        spread = self._expectations.spread
        seen = self._seen(template, first)
        prompt, prompts = self._one(seen, "input_tokens", expected.input_tokens, spread.tokens)
        answer, _ = self._one(seen, "output_tokens", expected.output_tokens, spread.tokens)
        model = self._catalogue[first.provider].model(first.model)
        wait, waits = self._one(
            self._own(template, first), "seconds", model.latency_seconds, spread.seconds
        )
        of_input, of_output = self._prices_of(first, prompt.mean, answer.mean)
        input_tokens = prompt.summed_over(calls, observed=prompts)
        output_tokens = answer.summed_over(calls, observed=prompts)
        return UsePlan(
            template=template,
            models=models,
            calls=calls,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            seconds=wait.summed_over(calls, observed=waits),
            # Long prompts and long answers come together.
            cost_usd=input_tokens.times(of_input).together(output_tokens.times(of_output)),
            call_usd=prompt.times(of_input).together(answer.times(of_output)),
            reserved_usd=self._reserved(first, prompt),
            observed=waits,
            assumed=tuple(choice for choice in models if self._is_assumed(choice)),
        )

    def _calls(self, template: str, done: int) -> Estimate:
        row = self._expectations.of_template(template).calls
        spread = self._expectations.spread
        size = self._size
        if row.per_file:
            left = max(size.files - done, 0.0)
            size = size.model_copy(update={"files": left})
        units = row.of(size)
        guessed = 0.0 if size.is_planned or not (units - row.per_build) else spread.product
        seen = self._observations.units.get(template, Spread())
        is_one_unit = not (row.per_entity or row.per_module)
        if seen.count >= ENOUGH and is_one_unit:
            number = size.files if row.per_file else 1.0
            one = Estimate(seen.mean, seen.deviation)
            return one.summed_over(Estimate(number, guessed * number), observed=seen.count)
        return Estimate(units, units * (spread.calls**2 + guessed**2) ** 0.5)

    def _own(self, template: str, choice: ModelChoice) -> Mapping[str, Spread]:
        return self._observations.calls.get((template, choice.provider, choice.model), {})

    def _seen(self, template: str, choice: ModelChoice) -> Mapping[str, Spread]:
        """What this model took, or else, as the work is the same, the model best known for it."""
        own = self._own(template, choice)
        if _count(own) >= ENOUGH:
            return own
        others = [
            seen
            for (other, provider, _), seen in self._observations.calls.items()
            if other == template and (provider == choice.provider or not self._is_free(provider))
        ]
        return max([own, *others], key=_count)

    def _is_free(self, provider: str) -> bool:
        """Whether nothing of a provider costs anything: its answers are no measure for others."""
        row = next((row for row in self._catalogue if row.name == provider), None)
        return row is None or all(traits.free for traits in row.models or (row.others,))

    def _one(
        self, seen: Mapping[str, Spread], name: str, expected: float, spread: float
    ) -> tuple[Estimate, int]:
        """One call's quantity, and how many observations it rests on."""
        found = seen.get(name, Spread())
        if found.count >= ENOUGH:
            return Estimate(found.mean, found.deviation), found.count
        return Estimate(expected, expected * spread), 0

    def _is_assumed(self, choice: ModelChoice) -> bool:
        model = self._catalogue[choice.provider].model(choice.model)
        return self._prices.is_assumed(choice.provider, model)

    def _reserved(self, choice: ModelChoice, prompt: Estimate) -> Estimate:
        """What is reserved for a first call: it asks for the usual room of an answer."""
        model = self._catalogue[choice.provider].model(choice.model)
        room = min(DEFAULT_MAX_TOKENS, model.max_output_tokens)
        usual, long = (
            float(self._prices.worst_case(choice.provider, model, reserved_tokens(tokens), room))
            for tokens in (prompt.mean, prompt.mean + prompt.deviation)
        )
        return Estimate(usual, long - usual)

    def _prices_of(self, choice: ModelChoice, prompt: float, answer: float) -> tuple[float, float]:
        """US dollars for a token of the prompt and of the answer, in calls of this size."""
        model = self._catalogue[choice.provider].model(choice.model)
        asked, answered = max(round(prompt), 1), max(round(answer), 1)
        of_prompt = self._prices.cost(choice.provider, model, asked, 0)
        of_both = self._prices.cost(choice.provider, model, asked, answered)
        return float(of_prompt / asked), float((of_both - of_prompt) / answered)


def added(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of estimates that err independently."""
    return sum(estimates, Estimate())


def seconds_of(
    stage: Stage, uses: Iterable[UsePlan], *, own: float, spread: float, at_once: float
) -> Estimate:
    """Wall time of a stage.

    Args:
        stage: its row.
        uses: what it asks.
        own: seconds of its work besides asking.
        spread: relative standard deviation of that.
        at_once: files that are written at the same time, in a stage with a task for each file.
    """
    waiting = added(use.seconds for use in uses)
    if stage.fan_out:
        waiting = waiting.times(1 / at_once)
    return waiting + Estimate(own, own * spread)


def _count(seen: Mapping[str, Spread]) -> int:
    return seen["input_tokens"].count if seen else 0
