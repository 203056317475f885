"""What the router routes, the asker asks: within its bounds, whatever the models do.

As in a build: `ModelRouter.route` chooses, and `Asker.ask` asks the choices through the real
`ModelCaller`, with the breakers that the router saw. Only the providers are scripted.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import (
    AnswerError,
    AppBuilderError,
    CallLimitError,
    ConfigurationError,
    InputError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from core.roles import COMPLEXITIES, ROLES
from core.settings import BreakerSettings
from providers.llm.asker import Asker, Question
from providers.llm.breakers import Breakers
from providers.llm.catalogue import Catalogue, ModelRow, ProviderRow
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.conversation import MAX_CALLS
from providers.llm.provider import LLMProvider, LLMRequest, LLMResponse
from providers.llm.retrying import Patience
from providers.llm.stage_router import ModelChoice
from providers.storage.calls import CallMaxima
from tests.providers.llm.callers import model_caller
from tests.providers.llm.routing_samples import catalogue_of, model_row, provider_row, router_over
from tests.providers.llm.scripted import MemoryLedger, MemoryStore, ScriptedProvider

STAGE_ATTEMPTS = 3
BUSY_ATTEMPTS = 2
PROMPT = "Say yes."
ERRORS: Mapping[str, type[ModelError]] = {
    "refused": RequestRefusedError,
    "busy": ProviderBusyError,
    "failed": ProviderFailedError,
}
FINISHES = {"good": "stop", "bad": "stop", "cut": "length", "filtered": "content_filter"}
PRIORITIES = st.integers(1, 3)
MOSTLY = st.sampled_from([True, True, True, False])
"""Else hardly any route would be found."""


class Clock:
    """A time that passes only where somebody waits for a breaker."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Made:
    """One call that was made, and what it came to."""

    identity: str
    kind: str
    text: str


@dataclass
class Models:
    """All providers of a catalogue; each call is answered by the next kind on the list."""

    catalogue: Catalogue
    kinds: list[str]
    made: list[Made] = field(default_factory=list[Made])

    def provider(self, name: str) -> LLMProvider:
        models = self

        class Provider(ScriptedProvider):
            async def complete(self, request: LLMRequest) -> LLMResponse:
                return models.answer(name, request)

        return Provider(name, iter(()))

    def row(self, name: str) -> ProviderRow:
        return self.catalogue[name]

    def model(self, provider: str, name: str) -> ModelRow:
        return self.catalogue[provider].model(name)

    def answer(self, provider: str, request: LLMRequest) -> LLMResponse:
        number = len(self.made)
        kind = self.kinds[number] if number < len(self.kinds) else "good"
        text = "yes" if kind == "good" else f"{kind} {number}"
        identity = f"{provider}/{self.catalogue[provider].model_on_wire(request.model).name}"
        self.made.append(Made(identity, kind, text))
        if kind in ERRORS:
            raise ERRORS[kind](text, provider=provider)
        return LLMResponse.model_validate(
            {
                "content": text,
                "provider": provider,
                "model": request.model,
                "finish_reason": FINISHES[kind],
            }
        )


def parse(text: str) -> str:
    if text != "yes":
        raise ValueError(f"it is not yes, but {text!r}")
    return text


@st.composite
def model_fields(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "roles": ROLES if draw(MOSTLY) else draw(st.lists(st.sampled_from(ROLES), unique=True)),
        "complexity": "high" if draw(MOSTLY) else draw(st.sampled_from(COMPLEXITIES)),
        "enabled": draw(MOSTLY),
        "priority": draw(PRIORITIES),
        "context_tokens": 100_000 if draw(MOSTLY) else 8_192,
        "reliability": draw(st.floats(0.01, 1)),
        "free": draw(st.booleans()),
    }


@st.composite
def catalogue_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for provider in range(draw(st.sampled_from([3, 2, 4, 1, 0]))):
        models = draw(st.lists(model_fields(), min_size=1, max_size=3))
        rows.append(
            provider_row(
                f"p{provider}",
                *(model_row(f"m{number}", **fields) for number, fields in enumerate(models)),
                enabled=draw(MOSTLY),
                priority=draw(PRIORITIES),
            )
        )
    return rows


def able(
    rows: Sequence[dict[str, Any]], keys: Mapping[str, str], role: str, complexity: str
) -> set[str]:
    """By hand, what may be asked."""
    return {
        f"{row['name']}/{model['name']}"
        for row in rows
        for model in row["models"]
        if row["enabled"] and model["enabled"] and row["key_variable"] in keys
        if role in model["roles"] and model["context_tokens"] == 100_000
        if COMPLEXITIES.index(complexity) <= COMPLEXITIES.index(model["complexity"])
    }


def question(choices: tuple[ModelChoice, ...], maximum: int) -> Question:
    return Question(
        build_id="b",
        project_id="p",
        user="u",
        stage="3",
        template="t",
        system="",
        user_text=PROMPT,
        choices=choices,
        limits=CallMaxima(per_stage=maximum, per_file=1, per_build=maximum),
        max_tokens=100,
    )


# Unusable answers and failures come often, so that long conversations and open breakers do.
KINDS = st.sampled_from(["bad", "cut", "failed", *FINISHES, *ERRORS])
HABITS = st.lists(KINDS, min_size=1, max_size=3).map(lambda kinds: kinds * 20)


@settings(max_examples=200)
@given(data=st.data())
async def test_whatever_happens_it_ends_within_its_bounds_and_names_the_cause(
    data: st.DataObject,
) -> None:
    rows = data.draw(catalogue_rows(), label="rows")
    keys = {row["key_variable"]: "k" for row in rows if data.draw(MOSTLY, label="has its key")}
    role, complexity = data.draw(st.sampled_from(ROLES)), data.draw(st.sampled_from(COMPLEXITIES))
    every = [ModelChoice(row["name"], model["name"]) for row in rows for model in row["models"]]
    down = [choice for choice in every if data.draw(st.booleans(), label=f"{choice} is down")]
    may_be_asked = able(rows, keys, role, complexity)

    clock = Clock()
    breakers = Breakers(BreakerSettings(), None, clock, sleep=clock.sleep)
    router = router_over(rows, keys=keys, demo_mode="disabled", down=down, breakers=breakers)
    try:
        route = router.route(role, complexity, PROMPT)
    except InputError:
        assert not may_be_asked
        return
    choices = route.choices[: data.draw(st.sampled_from([2, 3, 1, 4]), label="choices")]
    assert {str(choice) for choice in choices} <= may_be_asked

    models = Models(catalogue_of(rows), data.draw(st.lists(KINDS, max_size=40) | HABITS))
    maximum = data.draw(st.integers(1, 60), label="maximum")
    ledger, patience = MemoryLedger(), Patience(attempts=BUSY_ATTEMPTS, first_wait=0)
    caller = model_caller(models, ledger, models.catalogue, breakers=breakers, patience=patience)
    asker = Asker(models, AnswerCheckpoints(MemoryStore()), caller)
    for _ in range(STAGE_ATTEMPTS):
        before = len(models.made)
        error = await ask(asker, question(choices, maximum))
        made = models.made[before:]
        check_bounds(made, choices)
        assert len(models.made) == len(ledger.calls) == len(ledger.outcomes) <= maximum
        if isinstance(error, CallLimitError):
            assert len(models.made) == maximum
            return
        if error is None:
            assert made[-1].kind in FINISHES
            return
        # Of all attempts, for answers that are kept are not asked for again.
        check_cause(error, models.made, choices)
        if isinstance(error, (RequestRefusedError, ProviderBusyError)):
            return  # the engine does not try these again


async def ask(asker: Asker, asked: Question) -> AppBuilderError | None:
    try:
        answer = await asyncio.wait_for(asker.ask(asked, parse), 10)
    except AppBuilderError as error:
        return error
    assert answer.value == "yes"
    assert set(answer.models) <= {str(choice) for choice in asked.choices}
    return None


def check_bounds(made: Sequence[Made], choices: Sequence[ModelChoice]) -> None:
    """Nobody else is asked, and nobody too often, be it that it was busy at first."""
    calls = Counter(call.identity for call in made)
    busy = Counter(call.identity for call in made if call.kind == "busy")
    assert calls.keys() <= {str(choice) for choice in choices}
    for identity, count in calls.items():
        assert count - busy[identity] <= MAX_CALLS
        assert busy[identity] <= MAX_CALLS * BUSY_ATTEMPTS


def check_cause(
    error: AppBuilderError, made: Sequence[Made], choices: Sequence[ModelChoice]
) -> None:
    """The error says what ended it: the provider's own words, or what was wrong with each."""
    last = made[-1]
    if not isinstance(error, AnswerError):
        assert last.kind in ERRORS
        assert type(error) is ERRORS[last.kind]
        assert str(error) == last.text
        return
    assert {call.identity for call in made} == {str(choice) for choice in choices}
    for choice in choices:
        assert f"{choice}: " in str(error)
        *_, its_last = (call for call in made if call.identity == str(choice))
        if its_last.kind == "busy":
            assert its_last.text in str(error)
        assert its_last.kind not in {"refused", "failed"}


@given(catalogue_rows(), st.sampled_from(ROLES), st.sampled_from(COMPLEXITIES))
def test_a_route_is_a_function_of_what_is_known(
    rows: list[dict[str, Any]], role: str, complexity: str
) -> None:
    known = able(rows, {row["key_variable"]: "k" for row in rows}, role, complexity)
    try:
        first = router_over(rows, demo_mode="disabled").route(role, complexity, "do")
    except (ConfigurationError, InputError):
        assert not known
        return
    second = router_over(rows[::-1], demo_mode="disabled").route(role, complexity, "do")
    assert first.choices == second.choices
    assert {choice.identity for choice in first.choices} == known
    models = sum(len(row["models"]) for row in rows if row["enabled"])
    switched_off = sum(not row["enabled"] for row in rows)
    assert len(first.reasons) == models + switched_off + 1  # and the demo model's
