"""Whatever models, providers and kills do: bounded calls, a named cause, nothing paid for twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core.errors import (
    AnswerError,
    AppBuilderError,
    CallLimitError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from providers.llm.asker import Asker, Question
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.conversation import MAX_CALLS
from providers.llm.provider import LLMRequest, LLMResponse
from providers.llm.retrying import Patience
from providers.llm.stage_router import ModelChoice
from providers.llm.structured import parse_json
from providers.storage.calls import CallMaxima
from tests.providers.llm.callers import model_caller
from tests.providers.llm.scripted import (
    Clock,
    KilledError,
    MemoryLedger,
    MemoryStore,
    Outcome,
    ScriptedPool,
    ScriptedProvider,
)

BUSY_ATTEMPTS = 2
CHOICES = (ModelChoice("first", "big"), ModelChoice("second", "small"))
ERRORS: dict[str, type[AppBuilderError]] = {
    "refused": RequestRefusedError,
    "busy": ProviderBusyError,
    "failed": ProviderFailedError,
}
ANSWERS = {
    "good": ('{"word": "yes"}', "stop"),
    "bad": ('{"wurd": 1}', "stop"),
    "prose": ("I would rather not.", "other"),
    "empty": ("", "stop"),
    "cut": ('{"word": "y', "length"),
    "cut empty": ("", "length"),
    "filtered": ("", "content_filter"),
}
# Unusable answers come often, so that long conversations do.
KINDS = st.sampled_from(["bad", "cut", "bad", "cut", "empty", *ANSWERS, *ERRORS])
# A model that has one habit shows a missing bound soonest.
HABITS = st.lists(KINDS, min_size=1, max_size=3).map(lambda kinds: kinds * 12)


class Reply(BaseModel):
    word: str


def outcome(kind: str, number: int) -> Outcome:
    if kind in ERRORS:
        return ERRORS[kind](f"{kind} {number}")
    content, reason = ANSWERS[kind]
    return LLMResponse.model_validate(
        {
            "content": content.replace("1", str(number)),
            "provider": "p",
            "model": "m",
            "finish_reason": reason,
        }
    )


class Models:
    """Two providers that answer each request by the next kind on the list, replays alike."""

    def __init__(self, kinds: list[str], clock: Clock) -> None:
        self._kinds = iter(kinds)
        self._answers: dict[str, str] = {}
        self.clock = clock
        self.asked: list[str] = []
        self.providers = [self._provider("first"), self._provider("second")]

    def _provider(self, name: str) -> ScriptedProvider:
        models = self

        class Provider(ScriptedProvider):
            async def complete(self, request: LLMRequest) -> LLMResponse:
                models.clock.tick()
                number = len(models.asked)
                key = f"{name} {request.model_dump_json()}"
                kind = models.kind(key)
                models.asked.append(kind)
                models.clock.tick()
                made = outcome(kind, number)
                if isinstance(made, BaseException):
                    raise made
                return made

        return Provider(name, iter(()))

    def kind(self, key: str) -> str:
        """What a request is answered; a provider that was busy or broken recovers."""
        kind = self._answers.get(key)
        if kind is None or kind in ERRORS:
            kind = self._answers[key] = next(self._kinds, "good")
        return kind


def asker(models: Models, store: MemoryStore, ledger: MemoryLedger) -> Asker:
    pool = ScriptedPool(*models.providers)
    patience = Patience(attempts=BUSY_ATTEMPTS, first_wait=0)
    caller = model_caller(pool, ledger, pool.catalogue, patience=patience)
    return Asker(pool, AnswerCheckpoints(store), caller)


def question(limits: CallMaxima, *, choices: int, text: bool) -> Question:
    return Question(
        build_id="b",
        project_id="p",
        user="u",
        stage="3",
        template="t",
        system="S",
        user_text="Q",
        choices=CHOICES[:choices],
        limits=limits,
        answer_type=None if text else Reply,
        max_tokens=100,
    )


def parse(text: str) -> str:
    return parse_json(text, Reply).word


@given(
    kinds=st.lists(KINDS, max_size=30) | HABITS,
    choices=st.integers(1, 2),
    maximum=st.integers(1, 60),
    text=st.booleans(),
)
async def test_every_ask_ends_within_its_bounds_and_names_the_cause(
    kinds: list[str], choices: int, maximum: int, text: bool
) -> None:
    models, ledger = Models(kinds, Clock()), MemoryLedger()
    limits = CallMaxima(per_stage=maximum, per_file=1, per_build=maximum)
    asked = question(limits, choices=choices, text=text)
    error: AppBuilderError | None = None
    try:
        answer = await asker(models, MemoryStore(), ledger).ask(asked, parse)
        assert answer.value == "yes"
        assert answer.calls_made == answer.usage.calls <= MAX_CALLS * choices
    except AppBuilderError as caught:
        error = caught
    made = len(models.asked)
    busy = models.asked.count("busy")
    assert made - busy <= MAX_CALLS * choices
    assert busy <= MAX_CALLS * choices * BUSY_ATTEMPTS
    assert made <= maximum
    assert made == len(ledger.calls) == len(ledger.outcomes)
    used = {call.provider for call in ledger.calls}
    assert used <= {choice.provider for choice in CHOICES[:choices]}
    if isinstance(error, AnswerError):
        assert all(choice.identity in str(error) for choice in CHOICES[:choices])
        # A whole answer in place of the rest that was asked for makes no whole.
        usable = () if text and "cut" in models.asked else ("good",)
        assert models.asked[-1] not in (*ERRORS, *usable)
    elif isinstance(error, CallLimitError):
        assert made == maximum
    elif error is not None:
        kind = models.asked[-1]
        assert isinstance(error, ERRORS[kind])
        assert str(error) == f"{kind} {made - 1}"


@given(
    kinds=st.lists(KINDS.filter(lambda kind: kind != "busy"), max_size=12),
    kill_at=st.integers(0, 120),
    choices=st.integers(1, 2),
    text=st.booleans(),
)
async def test_a_kill_at_any_moment_costs_at_most_the_call_in_flight(
    kinds: list[str], kill_at: int, choices: int, text: bool
) -> None:
    limits = CallMaxima(per_stage=99, per_file=99, per_build=99)
    asked = question(limits, choices=choices, text=text)

    async def run(models: Models, store: MemoryStore) -> tuple[str, str]:
        try:
            answer = await asker(models, store, MemoryLedger(clock=models.clock)).ask(asked, parse)
        except AppBuilderError as error:
            return "", type(error).__name__
        return answer.value, ""

    undisturbed = Models(kinds, Clock())
    expected = await run(undisturbed, MemoryStore(clock=undisturbed.clock))

    clock = Clock(kill_at)
    models, store = Models(kinds, clock), MemoryStore(clock=clock)
    try:
        ended = await run(models, store)
    except KilledError:
        ended = None
    if ended is not None:
        assert ended == expected  # before the kill
        return
    if any(key.endswith(".spent") for key in store.texts):
        return  # it had come to an end already; who asks after that asks anew
    in_flight = len(models.asked) - sum(key.endswith(".json") for key in store.texts)
    assert in_flight <= 1
    clock.kill_at = None
    failed = len(models.asked) > 0 and models.asked[-1] in ERRORS
    ended = await run(models, store)
    if not failed:
        assert ended == expected
        assert len(models.asked) <= len(undisturbed.asked) + 1


async def test_a_kill_is_not_taken_for_an_error() -> None:
    clock = Clock(kill_at=4)
    models = Models(["good"], clock)
    asked = question(CallMaxima(per_stage=9, per_file=9, per_build=9), choices=1, text=False)
    with pytest.raises(KilledError):
        await asker(models, MemoryStore(clock=clock), MemoryLedger(clock=clock)).ask(asked, parse)
