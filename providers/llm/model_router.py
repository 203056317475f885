"""Chooses models by role and complexity where nobody named one, and says why.

It makes no calls: the choices are asked in their order by `Asker`, like those that people named.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import ConfigurationError, InputError
from core.roles import COMPLEXITIES, ROLES, Complexity, Role
from core.secrets import SecretSource
from core.settings import DemoMode
from providers.llm.breakers import Breakers
from providers.llm.catalogue import Catalogue
from providers.llm.model_candidates import CandidateFinder, Found, Prices, Work
from providers.llm.model_ranking import ranked, told
from providers.llm.prompt_size import likely_tokens
from providers.llm.provider_lacks import demo_stands_in, provider_lacks
from providers.llm.stage_router import DEMO_CHOICE, DEMO_MODE_VARIABLE, ModelChoice
from providers.storage.call_statistics import ModelRecord

LONGEST_PROMPT = 100_000
"""Characters of a prompt, where the settings do not say otherwise."""


@dataclass(frozen=True)
class Route:
    """The models to ask, in order, and why.

    Attributes:
        role, complexity: what was asked for.
        choices: at least one model; each is the next one's fallback.
        reasons: a line for each model in that order, then one for each that was passed over.
    """

    role: Role
    complexity: Complexity
    choices: tuple[ModelChoice, ...]
    reasons: tuple[str, ...]


class ModelRouter:
    """Routes work by what it is to the models that can do it; `model_ranking` has the order.

    A model is a candidate if it and its provider are switched on, the provider has what it needs
    (a key; for a local server its URL), its roles have the role, it is good for the complexity,
    its price is known, and the prompt fits its context together with an answer of usual length.
    The demo model answers instead on the same terms as for stages.

    Args:
        catalogue: the providers.
        secrets: where the keys are; looked up once, here.
        demo_mode: `auto`, `disabled` or `forced`.
        prices: what calls cost.
        breakers: how the models are.
        statistics: how the models did lately.
        longest_prompt: most characters of a prompt and its system text.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        secrets: SecretSource,
        demo_mode: DemoMode,
        prices: Prices,
        breakers: Breakers,
        *,
        statistics: Iterable[ModelRecord] = (),
        longest_prompt: int = LONGEST_PROMPT,
    ) -> None:
        lacks = provider_lacks(catalogue, secrets)
        self._demo_mode = demo_mode
        self._demo = demo_stands_in(demo_mode, lacks)
        self._finder = CandidateFinder(catalogue, lacks, prices, breakers)
        self._longest_prompt = longest_prompt
        self._statistics = {ModelChoice(each.provider, each.model): each for each in statistics}

    @property
    def demo(self) -> bool:
        """Whether the demo model answers in place of all others."""
        return self._demo

    def route(self, role: str, complexity: str, prompt: str, *, system: str = "") -> Route:
        """The models to ask for a prompt; no call is made.

        Raises:
            InputError: an unknown role or complexity; a prompt that is empty, longer than
                `longest_prompt`, or too long for every model that could do the work.
            ConfigurationError: no model can do the work; says what is missing.
        """
        if not prompt.strip():
            raise InputError(f"the prompt for role {role!r} is empty; say what is to be done")
        characters = len(system) + len(prompt)
        if characters > self._longest_prompt:
            raise InputError(
                f"the prompt for role {role!r} has {characters:,} characters, and "
                f"{self._longest_prompt:,} are the most; shorten it, or raise "
                "APP_BUILDER_CALLS__PROMPT_CHARACTERS"
            )
        tokens = likely_tokens(system) + likely_tokens(prompt)
        return self.route_by_size(role, complexity, tokens)

    def route_by_size(self, role: str, complexity: str, input_tokens: int) -> Route:
        """The models to ask for a prompt of so many tokens.

        Raises:
            InputError, ConfigurationError: as `route`.
        """
        asked = _known_role(role), _known_complexity(complexity)
        if self._demo:
            mode = f"{DEMO_MODE_VARIABLE} is {self._demo_mode}"
            why = mode if self._demo_mode == "forced" else f"{mode}, and no provider can be asked"
            return Route(*asked, (DEMO_CHOICE,), (f"1. {DEMO_CHOICE}: {why}",))
        found = self._finder.find(Work(*asked, input_tokens), self._statistics)
        if not found.candidates:
            raise _no_candidate(*asked, input_tokens, found)
        order = ranked(found.candidates)
        choices = tuple(candidate.choice for candidate in order)
        return Route(*asked, choices, (*told(order), *found.passed_over, *found.too_long))


def _known_role(role: str) -> Role:
    if role not in ROLES:
        raise InputError(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    return role


def _known_complexity(complexity: str) -> Complexity:
    if complexity not in COMPLEXITIES:
        known = ", ".join(COMPLEXITIES)
        raise InputError(f"there is no complexity {complexity!r}; there are {known}")
    return complexity


def _no_candidate(
    role: Role, complexity: Complexity, input_tokens: int, found: Found
) -> InputError:
    work = f"role {role!r} at complexity {complexity!r}"
    if found.too_long:
        lines = "\n".join(f"  {line}" for line in found.too_long)
        return InputError(
            f"the prompt, about {input_tokens:,} tokens, is too long for every model that could "
            f"be asked for {work}; shorten it:\n{lines}"
        )
    lines = "\n".join(f"  {line}" for line in found.passed_over)
    return ConfigurationError(
        f"no model can be asked for {work}:\n{lines}\nset what is missing, give a model these "
        f"roles in the catalogue, or set {DEMO_MODE_VARIABLE}=forced for the demo model"
    )
