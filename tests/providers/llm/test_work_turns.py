"""Who is worked at next, and that nobody waits for ever."""

import asyncio

import pytest

from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.llm.work_turns import LeavingProvider, Turn, WorkTurns

REQUEST = LLMRequest(model="m", system="", messages=(Message(role="user", content="Q"),))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_are_at_work_than_there_are_turns() -> None:
    turns, now, most = WorkTurns(2), 0, 0

    async def work() -> None:
        nonlocal now, most
        async with turns.turn():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert (now, most) == (0, 2)


async def test_who_has_something_to_send_goes_before_who_has_something_to_close() -> None:
    turns, order = WorkTurns(1), list[str]()

    async def send(name: str) -> None:
        async with turns.turn():
            order.append(name)

    async def close(name: str) -> None:
        turn = Turn(turns)
        await turn.come_back()
        order.append(name)
        turn.leave()

    async with turns.turn():
        waiting = [
            asyncio.create_task(work)
            for work in (close("close 1"), send("send 1"), close("close 2"), send("send 2"))
        ]
        await settle()
        assert order == []
    await asyncio.gather(*waiting)
    assert order == ["send 1", "send 2", "close 1", "close 2"]


async def test_while_a_call_is_away_another_has_its_turn() -> None:
    turns = WorkTurns(1)
    async with turns.turn() as turn:
        turn.leave()
        turn.leave()
        async with turns.turn():
            back = asyncio.create_task(turn.come_back())
            await settle()
            assert not back.done()
        await back
        await turn.come_back()
        third = asyncio.create_task(turns.take(0))
        await settle()
        assert not third.done(), "it holds one turn, however often it comes back"
    await third


async def test_a_turn_ends_by_itself_so_that_no_one_can_block_the_others() -> None:
    turns = WorkTurns(1, lease_seconds=0.01)
    async with turns.turn(), asyncio.timeout(5), turns.turn(), turns.turn():
        pass
    await turns.take(0)
    late = asyncio.create_task(turns.take(0))
    await settle()
    assert not late.done(), "turns that ended by themselves are not given back twice"
    turns.give_back()
    await late


@pytest.mark.parametrize("given", [False, True])
async def test_a_call_that_is_cancelled_leaves_no_turn_behind(given: bool) -> None:
    turns = WorkTurns(1)
    first = turns.turn()
    await first.come_back()
    waiting = asyncio.create_task(turns.take(0))
    await settle()
    if given:
        first.leave()  # it is given the turn, and cancelled before it knows
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    first.leave()
    async with asyncio.timeout(5), turns.turn():
        pass


async def test_a_turn_is_over_when_the_request_is_sent() -> None:
    turns, held = WorkTurns(1), list[bool]()

    class Provider:
        name = "p"

        async def complete(self, request: LLMRequest) -> LLMResponse:
            async with asyncio.timeout(5):
                await turns.take(0)
            held.append(True)
            return LLMResponse(content=request.model, provider="p", model="m")

    async with turns.turn() as turn:
        leaving = LeavingProvider(Provider(), turn)
        assert leaving.name == "p"
        assert (await leaving.complete(REQUEST)).content == "m"
    assert held == [True]
