"""Slots for the calls of a stage: how many are under way, who is next, and what ends them."""

import asyncio

import pytest

from core.attempt_clock import AttemptClock
from core.errors import ProviderFailedError
from providers.llm.call_slots import CallSlot, SlottedProvider
from providers.llm.priority_turns import PriorityTurns
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.llm.work_turns import LeavingProvider, WorkTurns
from tests.providers.llm.test_work_turns import settle

REQUEST = LLMRequest(model="m", system="", messages=(Message(role="user", content="Q"),))
ANSWER = LLMResponse(content="A", provider="p", model="m", finish_reason="stop")


class HeldProvider:
    """Answers when it is told to, in the order in which it was asked."""

    name = "held"

    def __init__(self) -> None:
        self.asked: list[tuple[str, asyncio.Future[LLMResponse]]] = []

    async def complete(self, request: LLMRequest) -> LLMResponse:
        answer: asyncio.Future[LLMResponse] = asyncio.get_running_loop().create_future()
        self.asked.append((request.model, answer))
        return await answer

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


class Bench:
    """Calls of one stage."""

    def __init__(self, slots: int, *, at_work: int = 4) -> None:
        self.slots = PriorityTurns(slots)
        self.turns = WorkTurns(at_work, lease_seconds=60)
        self.inner = HeldProvider()

    async def call(self, name: str, *, begins: bool = True) -> LLMResponse:
        async with self.turns.turn() as turn:
            provider = SlottedProvider(
                LeavingProvider(self.inner, turn), CallSlot(self.slots, begins), turn
            )
            assert provider.name == "held"
            return await provider.complete(REQUEST.model_copy(update={"model": name}))

    def start(self, name: str, *, begins: bool = True) -> asyncio.Task[LLMResponse]:
        return asyncio.create_task(self.call(name, begins=begins))


async def test_first_calls_go_before_second_ones_and_none_beyond_the_slots() -> None:
    bench = Bench(1)
    calls = [bench.start("one")]
    await settle()
    calls += [bench.start("second of one", begins=False), bench.start("two"), bench.start("three")]
    await settle()
    for number, expected in enumerate(["one", "two", "three", "second of one"]):
        assert bench.inner.names[number:] == [expected]
        bench.inner.asked[number][1].set_result(ANSWER)
        await settle()
    assert await asyncio.gather(*calls) == [ANSWER] * 4
    assert bench.slots.is_free


async def test_who_waits_for_a_slot_lets_another_be_worked_at() -> None:
    bench = Bench(1, at_work=1)
    calls = [bench.start("one"), bench.start("two")]
    await settle()
    async with asyncio.timeout(5), bench.turns.turn():
        assert bench.inner.names == ["one"]
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert bench.slots.is_free, "a call that is cancelled gives its slot back, or its place"


async def test_a_call_that_fails_gives_its_slot_back() -> None:
    bench = Bench(1)
    failing, other = bench.start("one"), bench.start("two")
    await settle()
    bench.inner.asked[0][1].set_exception(ProviderFailedError("broke", provider="p", model="m"))
    with pytest.raises(ProviderFailedError):
        await failing
    await settle()
    assert bench.inner.names == ["one", "two"]
    bench.inner.asked[1][1].set_result(ANSWER)
    assert await other == ANSWER


async def test_the_time_of_an_attempt_stands_still_while_it_waits_for_a_slot() -> None:
    bench = Bench(1)
    first = bench.start("one")
    await settle()
    bench.inner.asked[0][1].add_done_callback(
        lambda _: asyncio.get_running_loop().call_later(0, _answer_last)
    )

    def _answer_last() -> None:
        bench.inner.asked[-1][1].set_result(ANSWER)

    asyncio.get_running_loop().call_later(0.2, bench.inner.asked[0][1].set_result, ANSWER)
    async with AttemptClock(0.1):
        assert await bench.call("two") == ANSWER
    assert await first == ANSWER
