"""Questions asked until there is a usable answer, within bounds, through checkpoints and ledger."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.artifacts.build_record import Usage
from core.errors import (
    AnswerError,
    CallLimitError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from providers.llm.asker import Answer, Asker, Question
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.conversation import MAX_REASKS
from providers.llm.metering import Ledger
from providers.llm.provider import FinishReason, LLMRequest, LLMResponse
from providers.llm.retrying import Patience
from providers.llm.shared_answers import TextStore
from providers.llm.stage_router import ModelChoice
from providers.llm.structured import parse_json
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallMaxima
from providers.storage.ledger import UsageLedger
from tests.providers.llm.callers import model_caller
from tests.providers.llm.scripted import MemoryLedger, MemoryStore, ScriptedPool, ScriptedProvider

BIG, SMALL = ModelChoice("first", "big"), ModelChoice("second", "small")
LIMITS = CallMaxima(per_stage=50, per_file=50, per_build=50)


class Reply(BaseModel):
    word: str


def said(
    content: str, finish_reason: FinishReason = "stop", provider: str = "first"
) -> LLMResponse:
    return LLMResponse(
        content=content,
        input_tokens=10,
        output_tokens=5,
        cost_usd=0.25,
        latency_seconds=2.0,
        provider=provider,
        model="as-the-provider-says",
        finish_reason=finish_reason,
    )


def question(
    *choices: ModelChoice,
    answer_type: type[BaseModel] | None = Reply,
    file: str | None = None,
    max_tokens: int = 100,
    limits: CallMaxima = LIMITS,
    salt: str = "",
    review_round: int = 0,
) -> Question:
    return Question(
        build_id="tasks-1",
        project_id="tasks",
        user="me",
        stage="7" if file else "3",
        file=file,
        template="schema-generator",
        system="You design.",
        user_text="Design it.",
        choices=choices or (BIG,),
        limits=limits,
        answer_type=answer_type,
        max_tokens=max_tokens,
        salt=salt,
        review_round=review_round,
    )


def parse(text: str) -> str:
    return parse_json(text, Reply).word


GOOD, BAD = said('{"word": "yes"}'), said('{"wurd": "yes"}')


def asker(
    pool: ScriptedPool, store: TextStore, ledger: Ledger, patience: Patience | None = None
) -> Asker:
    caller = model_caller(pool, ledger, pool.catalogue, patience=patience)
    return Asker(pool, AnswerCheckpoints(store), caller)


class Bench:
    """An asker with two scripted providers over a store and a ledger in memory."""

    def __init__(
        self,
        first: Iterable[LLMResponse | BaseException] = (),
        second: Iterable[LLMResponse | BaseException] = (),
        store: MemoryStore | None = None,
    ) -> None:
        self.first = ScriptedProvider("first", iter(first))
        self.second = ScriptedProvider("second", iter(second))
        self.store = store or MemoryStore()
        self.ledger = MemoryLedger()
        self.asker = asker(
            ScriptedPool(self.first, self.second),
            self.store,
            self.ledger,
            Patience(3, first_wait=0),
        )

    async def ask(
        self, asked: Question | None = None, parser: Callable[[str], str] = parse
    ) -> Answer[str]:
        return await self.asker.ask(asked or question(), parser)

    @property
    def rooms(self) -> list[int]:
        return [request.max_tokens for request in self.first.requests]


async def test_asks_the_first_model_as_the_catalogue_says() -> None:
    bench = Bench([GOOD])
    answer = await bench.ask(question(BIG, SMALL))
    assert answer == Answer(
        value="yes",
        usage=Usage(calls=1, input_tokens=10, output_tokens=5, cost_usd=0.25, seconds=2.0),
        models=("first/big",),
        calls_made=1,
        slots=answer.slots,
    )
    assert [slot.number for slot in answer.slots] == [0]
    [request] = bench.first.requests
    assert (request.model, request.system) == ("wire-big", "You design.")
    assert (request.max_tokens, request.temperature) == (100, 0.2)
    assert request.schema_name == "Reply"
    assert request.json_schema is not None
    assert request.json_schema["required"] == ["word"]
    assert bench.ledger.outcomes == {0: "answered"}
    [call] = bench.ledger.calls
    assert (call.stage, call.file, call.provider, call.model) == ("3", None, "first", "big")


async def test_free_text_is_asked_for_without_schema_and_more_freely() -> None:
    bench = Bench([said("# Docs")])
    answer = await bench.ask(question(answer_type=None, max_tokens=9_000), str.upper)
    assert answer.value == "# DOCS"
    [request] = bench.first.requests
    assert (request.json_schema, request.schema_name, request.temperature) == (None, "", 0.7)
    assert request.max_tokens == 400


async def test_the_exact_error_goes_back_to_the_model() -> None:
    bench = Bench([BAD, GOOD])
    answer = await bench.ask()
    assert answer.value == "yes"
    assert (answer.usage.calls, answer.calls_made) == (2, 2)
    turns = bench.first.requests[1].messages
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert turns[1].content == BAD.content
    assert "$.word: Field required" in turns[2].content


async def test_an_empty_answer_is_asked_for_again_even_where_the_parser_takes_anything() -> None:
    bench = Bench([said("  \n"), said("text")])
    assert (await bench.ask(question(answer_type=None), str)).value == "text"
    assert "the answer is empty" in bench.first.requests[1].messages[-1].content


async def test_a_cut_off_answer_gets_more_room() -> None:
    bench = Bench([said('{"word": "ye', "length"), said('{"word": "ye', "length"), GOOD])
    assert (await bench.ask()).value == "yes"
    assert bench.rooms == [100, 200, 400]


async def test_a_cut_off_answer_is_never_done_even_when_it_parses() -> None:
    bench = Bench([said(GOOD.content, "length")] * 3, [GOOD])
    answer = await bench.ask(question(BIG, SMALL))
    assert answer.models == ("first/big", "second/small")
    assert answer.usage.calls == 4


async def test_free_text_at_the_models_maximum_is_continued() -> None:
    bench = Bench([said("one ", "length"), said("two ", "length"), said("three")])
    answer = await bench.ask(question(answer_type=None, max_tokens=400), str)
    assert answer.value == "one two three"
    assert bench.rooms == [400, 400, 400]
    assert [turn.role for turn in bench.first.requests[2].messages] == ["user", "assistant", "user"]
    assert bench.first.requests[2].messages[1].content == "one two "


async def test_the_fallback_is_asked_when_the_first_models_content_is_of_no_use() -> None:
    bench = Bench([BAD] * (1 + MAX_REASKS), [BAD, GOOD])
    answer = await bench.ask(question(BIG, SMALL))
    assert answer.value == "yes"
    assert answer.models == ("first/big", "second/small")
    assert bench.second.requests[0].model == "wire-small"
    assert len(bench.second.requests[0].messages) == 1


async def test_a_filtered_answer_goes_to_the_fallback_at_once() -> None:
    bench = Bench([said("", "content_filter")], [GOOD])
    assert (await bench.ask(question(BIG, SMALL))).usage.calls == 2


async def test_the_last_error_says_what_was_wrong_with_each_models_answers() -> None:
    bench = Bench([BAD] * 3, [said("{", "length")] * 3)
    with pytest.raises(AnswerError) as caught:
        await bench.ask(question(BIG, SMALL))
    assert str(caught.value) == (
        "no usable answer to schema-generator after 4 answers; "
        "first/big: the answer cannot be used: $.word: Field required; "
        "second/small: the answer is cut off after 5 of the 100 tokens it may have: "
        "the model's context is full, or the server has a limit of its own"
    )
    assert (caught.value.provider, caught.value.model) == ("second", "small")


@pytest.mark.parametrize(
    "error", [RequestRefusedError("HTTP 404"), ProviderFailedError("HTTP 500")]
)
async def test_a_failing_provider_raises_at_once_and_no_fallback_is_asked(
    error: ModelError,
) -> None:
    bench = Bench([error], [GOOD])
    with pytest.raises(type(error), match="HTTP"):
        await bench.ask(question(BIG, SMALL))
    assert not bench.second.requests
    outcome = "refused" if isinstance(error, RequestRefusedError) else "failed"
    assert bench.ledger.outcomes == {0: f"{outcome}:{type(error).__name__}"}


async def test_every_call_a_busy_provider_refused_counts() -> None:
    bench = Bench([ProviderBusyError("429"), ProviderBusyError("429"), GOOD])
    answer = await bench.ask()
    assert answer.calls_made == 1
    assert list(bench.ledger.outcomes.values()) == [
        "failed:ProviderBusyError",
        "failed:ProviderBusyError",
        "answered",
    ]
    with pytest.raises(ProviderBusyError):
        await Bench([ProviderBusyError("429")] * 9).ask()


async def test_kept_answers_count_as_usage_but_not_as_calls() -> None:
    bench = Bench([BAD, GOOD])
    first = await bench.ask()
    again = Bench(store=bench.store)
    answer = await again.ask()
    assert answer == Answer(first.value, first.usage, first.models, calls_made=0, slots=first.slots)
    assert len(answer.slots) == 2, "that of the answer which could not be used, too"
    assert not again.ledger.calls


async def test_another_salt_asks_anew() -> None:
    bench = Bench([GOOD, said('{"word": "fresh"}')])
    await bench.ask()
    assert (await bench.ask(question(salt="build-2"))).value == "fresh"


async def test_each_round_is_a_question_of_its_own() -> None:
    bench = Bench([GOOD, said('{"word": "second"}')])
    await bench.ask()
    assert (await bench.ask(question(review_round=1))).value == "second"
    assert (await bench.ask(question(review_round=1))).calls_made == 0
    assert (await bench.ask()).value == "yes"


async def test_rejected_answers_are_asked_for_anew_and_the_rest_stays() -> None:
    bench = Bench([BAD, GOOD, GOOD, said('{"word": "better"}')])
    bad = await bench.ask()
    good = await bench.ask(question(salt="other"))
    await bench.asker.reject(bad.slots)
    again = await bench.ask()
    assert (again.value, again.calls_made) == ("better", 1)
    assert (await bench.ask(question(salt="other"))).slots == good.slots


async def test_after_an_answer_error_the_next_attempt_asks_anew() -> None:
    bench = Bench([BAD] * 3 + [GOOD])
    with pytest.raises(AnswerError):
        await bench.ask()
    answer = await bench.ask()
    assert (answer.value, answer.calls_made) == ("yes", 1)


async def test_after_a_broken_provider_the_next_attempt_goes_on_where_it_was() -> None:
    bench = Bench([BAD, ProviderFailedError("HTTP 500"), GOOD])
    with pytest.raises(ProviderFailedError):
        await bench.ask()
    answer = await bench.ask()
    assert (answer.usage.calls, answer.calls_made) == (2, 1)


async def test_a_maximum_of_calls_ends_the_conversation() -> None:
    bench = Bench([BAD] * 3)
    limits = CallMaxima(per_stage=2, per_file=50, per_build=50)
    with pytest.raises(CallLimitError):
        await bench.ask(question(limits=limits))
    assert len(bench.first.requests) == 2


async def test_a_cancelled_call_is_closed_in_the_ledger() -> None:
    started = asyncio.Event()

    class Hanging(ScriptedProvider):
        async def complete(self, request: LLMRequest) -> LLMResponse:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

    ledger = MemoryLedger()
    pool = ScriptedPool(Hanging("first", iter(())))
    task = asyncio.create_task(asker(pool, MemoryStore(), ledger).ask(question(), parse))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ledger.outcomes == {0: "failed:CancelledError"}


async def test_errors_of_the_parser_other_than_value_errors_propagate() -> None:
    def broken(_: str) -> str:
        raise KeyError("programming error")

    with pytest.raises(KeyError):
        await Bench([GOOD]).ask(parser=broken)


def test_a_question_without_models_is_refused() -> None:
    with pytest.raises(ValueError, match="'t' names no model to ask"):
        Question(
            build_id="b",
            project_id="p",
            user="u",
            stage="3",
            template="t",
            system="",
            user_text="",
            choices=(),
            limits=LIMITS,
        )


async def test_with_the_real_store_and_ledger(tmp_path: Path) -> None:
    ledger = UsageLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    provider = ScriptedProvider("first", iter([BAD, GOOD, BAD]))
    asked = asker(ScriptedPool(provider), ArtifactStore(tmp_path.as_uri()), ledger)
    limits = CallMaxima(per_stage=1, per_file=3, per_build=50)
    about_a_file = question(file="app/main.py", limits=limits)
    for _ in range(2):
        assert (await asked.ask(about_a_file, parse)).value == "yes"
    assert await ledger.totals("tasks-1") == Usage(
        calls=2, input_tokens=20, output_tokens=10, cost_usd=0.5, seconds=4.0
    )
    with pytest.raises(CallLimitError, match="APP_BUILDER_CALLS__PER_FILE"):
        await asked.ask(question(file="app/main.py", limits=limits, salt="2"), parse)
    ledger.close()


async def test_many_at_once_with_the_same_question_make_one_call(tmp_path: Path) -> None:
    bench = Bench([GOOD])
    answers = await asyncio.gather(*(bench.ask() for _ in range(20)))
    assert len(bench.first.requests) == 1
    assert {answer.value for answer in answers} == {"yes"}
