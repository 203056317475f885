"""The response cache: other builds' answers, for as long as they are young."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from core.errors import ArtifactNotFoundError, CallLimitError, StorageError
from providers.llm.checkpoints import AnswerCheckpoints, Ask, Keep, KeptAnswer, Slot
from providers.llm.http_client import HttpClient
from providers.llm.provider import LLMResponse
from providers.llm.shared_answers import SharedAnswers, shared_path
from providers.storage.artifact_store import ArtifactStore
from tests.providers.llm.scripted import MemoryStore
from tests.providers.llm.wire_server import REQUEST, WHOLE, local, plain, serving

KEY = "ab" * 32
TTL = 3_600.0


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """Checkpoints of one machine: those of a restart share the store and the time only."""

    def __init__(self, *, store: MemoryStore | None = None, seconds: float = TTL) -> None:
        self.store = store or MemoryStore()
        self.time = Time()
        self.seconds = seconds
        self.calls = 0
        self.restart()

    def restart(self) -> None:
        shared = SharedAnswers(self.store, seconds=self.seconds, clock=self.time)
        self.checkpoints = AnswerCheckpoints(self.store, shared)

    async def ask(self, keep: Keep) -> LLMResponse:
        answer = LLMResponse(
            content=f"A{self.calls}",
            provider="p",
            model="m",
            input_tokens=3,
            cost_usd=0.5,
            latency_seconds=2.0,
        )
        self.calls += 1
        await keep(answer)
        return answer

    async def answer(self, build: str, ask: Ask | None = None) -> KeptAnswer:
        return await self.checkpoints.answer(build, KEY, ask or self.ask)


async def test_another_build_gets_the_answer_for_nothing_and_keeps_it() -> None:
    bench = Bench()
    asked = await bench.answer("one")
    taken = await bench.answer("two")
    assert (asked.origin, asked.borrowed) == ("asked", False)
    assert (taken.origin, taken.borrowed) == ("shared", True)
    assert (taken.response.content, taken.response.input_tokens) == ("A0", 3)
    assert (taken.response.cost_usd, taken.response.latency_seconds) == (0.0, 0.0)
    assert taken.slot == Slot("two", KEY)

    bench.time.now += 100 * TTL
    bench.restart()
    again = await bench.answer("two")
    assert (again.origin, again.borrowed, again.response) == ("own", True, taken.response)
    paid = await bench.answer("one")
    assert (paid.origin, paid.borrowed, paid.response) == ("own", False, asked.response)
    assert bench.calls == 1


@pytest.mark.parametrize(
    ("later", "origin"),
    [(0, "shared"), (TTL - 0.001, "shared"), (TTL, "asked"), (TTL + 1, "asked"), (-1, "asked")],
)
async def test_it_serves_while_it_is_younger_than_the_limit(later: float, origin: str) -> None:
    bench = Bench()
    await bench.answer("one")
    bench.time.now += later
    assert (await bench.answer("two")).origin == origin


async def test_taking_an_answer_over_does_not_make_it_younger() -> None:
    bench = Bench()
    await bench.answer("one")
    bench.time.now += TTL - 1
    await bench.answer("two")
    bench.time.now += 1
    assert (await bench.answer("three")).origin == "asked"
    assert (await bench.answer("four")).response.content == "A1"


async def test_off_it_is_neither_read_nor_written() -> None:
    bench = Bench()
    off = AnswerCheckpoints(bench.store)
    await off.answer("one", KEY, bench.ask)
    assert shared_path(KEY) not in bench.store.texts
    assert (await bench.answer("two")).origin == "asked"
    before = bench.store.texts[shared_path(KEY)]
    kept = await off.answer("three", KEY, bench.ask)
    assert (kept.origin, (await off.answer("three", KEY, bench.ask)).origin) == ("asked", "own")
    await off.spend([kept.slot])
    assert bench.store.texts[shared_path(KEY)] == before
    with pytest.raises(ValueError, match="for 0 seconds"):
        SharedAnswers(bench.store, seconds=0)


async def test_what_is_not_shareable_stays_with_its_build() -> None:
    bench = Bench()
    for build in ("one", "two"):
        kept = await bench.checkpoints.answer(build, KEY, bench.ask, shareable=False)
        assert kept.origin == "asked"
    assert shared_path(KEY) not in bench.store.texts


async def test_a_spent_answer_serves_nobody_any_more() -> None:
    bench = Bench()
    bad = await bench.answer("one")
    await bench.checkpoints.spend([bad.slot])
    bench.restart()
    better = await bench.answer("one")
    assert (better.origin, better.response.content, better.slot.number) == ("asked", "A1", 1)
    taken = await bench.answer("two")
    assert (taken.origin, taken.response.content) == ("shared", "A1")


async def test_an_answer_that_another_build_found_bad_is_asked_for_again() -> None:
    bench = Bench()
    await bench.answer("one")
    taken = await bench.answer("two")
    await bench.checkpoints.spend([taken.slot])
    assert (await bench.answer("three")).response.content == "A1"
    assert (await bench.answer("two")).response.content == "A2"
    assert (await bench.answer("one")).response.content == "A0"


async def test_a_later_slot_takes_nothing_from_others() -> None:
    bench = Bench()
    bad = await bench.answer("one")
    await bench.checkpoints.spend([bad.slot])
    await bench.answer("two")
    assert (await bench.answer("one")).origin == "asked"


@pytest.mark.parametrize("text", ["", "{}", '{"answered_at": 1000000.0}'])
async def test_a_file_that_is_no_shared_answer_is_written_over(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench()
    bench.store.texts[shared_path(KEY)] = text
    assert (await bench.answer("one")).origin == "asked"
    assert "is not a shared answer, asking again" in caplog.text
    assert json.loads(bench.store.texts[shared_path(KEY)])["answered_at"] == bench.time.now


async def test_a_cache_that_cannot_be_written_loses_nothing_that_was_paid_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    write = bench.store.write_text

    async def no_room(key: str, text: str, *, durable: bool = True) -> None:
        if key == shared_path(KEY):
            raise StorageError("disk full")
        await write(key, text, durable=durable)

    monkeypatch.setattr(bench.store, "write_text", no_room)
    with pytest.raises(StorageError, match="disk full"):
        await bench.answer("one")
    assert (await bench.answer("one")).origin == "own"
    assert bench.calls == 1


async def test_two_hundred_identical_calls_of_many_builds_make_one_request(
    tmp_path: Path,
) -> None:
    store = ArtifactStore(tmp_path.as_uri())
    checkpoints = AnswerCheckpoints(store, SharedAnswers(store, seconds=TTL))

    async def slowly(writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.3)
        return await plain(WHOLE)(writer)

    async with serving(slowly) as server, HttpClient() as client:
        provider = local(server, client, streams=False)

        async def ask(keep: Keep) -> LLMResponse:
            response = await provider.complete(REQUEST)
            await keep(response)
            return response

        answers = await asyncio.gather(
            *(checkpoints.answer(f"b-{number % 8}", KEY, ask) for number in range(200))
        )
    assert server.requests == 1
    assert {kept.response.content for kept in answers} == {"Hello"}
    origins = [kept.origin for kept in answers]
    assert (origins.count("asked"), origins.count("shared")) == (1, 7)
    assert len(await store.list_keys("cache/answers")) == 8


async def together(
    bench: Bench, first: Ask, second: Ask
) -> tuple[KeptAnswer | BaseException, KeptAnswer | BaseException]:
    return await asyncio.gather(
        bench.answer("one", first), bench.answer("two", second), return_exceptions=True
    )


def after(moments: int, ask: Callable[[Keep], Awaitable[LLMResponse]]) -> Ask:
    async def wait(keep: Keep) -> LLMResponse:
        for _ in range(moments):
            await asyncio.sleep(0)
        return await ask(keep)

    return wait


async def test_a_build_does_not_fail_because_another_reached_its_limit() -> None:
    bench = Bench()

    async def over_the_limit(keep: Keep) -> LLMResponse:
        raise CallLimitError("enough")

    one, two = await together(bench, after(50, over_the_limit), bench.ask)
    assert isinstance(one, CallLimitError)
    assert isinstance(two, KeptAnswer)
    assert (two.origin, bench.calls) == ("asked", 1)


async def test_the_call_goes_on_for_another_build_when_its_own_is_stopped() -> None:
    bench = Bench()
    one = asyncio.create_task(bench.answer("one", after(100, bench.ask)))
    await asyncio.sleep(0)
    two = asyncio.create_task(bench.answer("two"))
    for _ in range(20):
        await asyncio.sleep(0)
    one.cancel()
    assert (await two).response.content == "A0"
    assert one.cancelled() or (await asyncio.wait({one}))
    assert bench.calls == 1


async def test_a_store_is_given_no_more_than_it_needs() -> None:
    done: list[str] = []

    class Counting(MemoryStore):
        async def read_text(self, key: str) -> str:
            done.append("read")
            return await super().read_text(key)

        async def write_text(self, key: str, text: str, *, durable: bool = True) -> None:
            done.append("write")
            await super().write_text(key, text, durable=durable)

        async def exists(self, key: str) -> bool:
            done.append("exists")
            return await super().exists(key)

    bench = Bench(store=Counting())
    await bench.answer("one")
    assert done == ["read", "read", "write", "write"]
    done.clear()
    await bench.answer("two")
    assert done == ["read", "read", "write"]
    done.clear()
    await bench.answer("two")
    assert done == ["read", "exists"]


async def test_withdrawing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path.as_uri())
    shared = SharedAnswers(store, seconds=TTL)
    await shared.withdraw(KEY)
    await shared.publish(KEY, LLMResponse(content="A", provider="p", model="m"))
    await shared.withdraw(KEY)
    assert await shared.find(KEY) is None
    with pytest.raises(ArtifactNotFoundError):
        await store.read_text(shared_path(KEY))


async def test_servers_at_other_addresses_are_not_taken_for_each_other() -> None:
    bench = Bench()

    async def answer(build: str, server: str) -> KeptAnswer:
        return await bench.checkpoints.answer(build, KEY, bench.ask, server=server)

    asked = await answer("one", "http://first.test/v1")
    assert (await answer("two", "http://second.test/v1")).origin == "asked"
    assert (await answer("three", "http://first.test/v1")).origin == "shared"
    # A build goes on when its server has moved.
    assert (await answer("one", "http://second.test/v1")).origin == "own"

    await bench.checkpoints.spend([asked.slot])
    assert (await answer("four", "http://first.test/v1")).origin == "asked"
