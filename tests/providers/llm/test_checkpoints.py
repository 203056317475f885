"""Answers kept by content, shared while under way, and never served once spent."""

import asyncio
from pathlib import Path

import pytest

from core.errors import ProviderFailedError, StorageError
from providers.llm.checkpoints import AnswerCheckpoints, Keep, KeptAnswer, Slot, question_key
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.storage.artifact_store import ArtifactStore
from tests.providers.llm.scripted import MemoryStore

REQUEST = LLMRequest(model="m", system="S", messages=(Message(role="user", content="Q"),))
BUILD = "b-1"
KEY = question_key("p", REQUEST, ordinal=0, salt="")


def response(content: str) -> LLMResponse:
    return LLMResponse(content=content, provider="p", model="m", input_tokens=3, cost_usd=0.5)


class Model:
    """Answers A0, A1, …; each answer can be held back until released."""

    def __init__(self, *, held: bool = False, error: Exception | None = None) -> None:
        self.calls = 0
        self.cancelled = 0
        self.error = error
        self.started = asyncio.Event()
        self.release = asyncio.Event()
        if not held:
            self.release.set()

    async def __call__(self, keep: Keep) -> LLMResponse:
        number = self.calls
        self.calls += 1
        self.started.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        answer = response(f"A{number}")
        await keep(answer)
        return answer


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_the_key_depends_on_everything_that_is_asked() -> None:
    def key(
        provider: str = "p",
        ordinal: int = 0,
        salt: str = "",
        review_round: int = 0,
        **change: object,
    ) -> str:
        request = REQUEST.model_copy(update=change)
        return question_key(
            provider, request, ordinal=ordinal, salt=salt, review_round=review_round
        )

    other = (Message(role="user", content="Q2"),)
    keys = [
        key(),
        key(provider="p2"),
        key(ordinal=1),
        key(salt="fresh-1"),
        key(review_round=1),
        key(review_round=2),
        key(model="m2"),
        key(system="S2"),
        key(messages=other),
        key(max_tokens=1),
        key(temperature=0.1),
        key(schema_name="N"),
        key(json_schema={"type": "object"}),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == key() == KEY
    assert key(json_schema={"a": 1, "b": 2}) == key(json_schema={"b": 2, "a": 1})
    assert key(system="lone \ud800") != key()


async def test_an_answer_is_kept_over_a_restart_in_a_real_store(tmp_path: Path) -> None:
    url = tmp_path.as_uri()
    model = Model()
    first = await AnswerCheckpoints(ArtifactStore(url)).answer(BUILD, KEY, model)
    again = await AnswerCheckpoints(ArtifactStore(url)).answer(BUILD, KEY, model)
    assert (first.origin, again.origin) == ("asked", "own")
    assert first.response == again.response == response("A0")
    assert model.calls == 1
    assert (tmp_path / f"cache/answers/{BUILD}/{KEY[:2]}/{KEY}-0.json").is_file()


async def test_a_spent_answer_is_never_served_again(tmp_path: Path) -> None:
    checkpoints, model = AnswerCheckpoints(ArtifactStore(tmp_path.as_uri())), Model()
    contents: list[str] = []
    for _ in range(3):
        kept = await checkpoints.answer(BUILD, KEY, model)
        contents.append(kept.response.content)
        await checkpoints.spend([kept.slot])
    await checkpoints.answer(BUILD, KEY, model)
    assert contents == ["A0", "A1", "A2"]
    assert (await checkpoints.answer(BUILD, KEY, model)).slot == Slot(BUILD, KEY, 3)


async def test_a_file_that_is_no_answer_is_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore(texts={Slot(BUILD, KEY, 0).answer_path: '{"old": 1}'})
    kept = await AnswerCheckpoints(store).answer(BUILD, KEY, Model())
    assert kept.origin == "asked"
    assert "is not an answer, asking again" in caplog.text
    assert (await AnswerCheckpoints(store).answer(BUILD, KEY, Model())).origin == "own"


async def test_those_who_ask_the_same_at_once_share_one_call() -> None:
    checkpoints, model = AnswerCheckpoints(MemoryStore()), Model(held=True)
    tasks = [asyncio.create_task(checkpoints.answer(BUILD, KEY, model)) for _ in range(5)]
    await model.started.wait()
    model.release.set()
    answers = await asyncio.gather(*tasks)
    assert model.calls == 1
    assert {kept.response.content for kept in answers} == {"A0"}


async def test_the_call_lives_on_when_the_first_to_ask_is_cancelled() -> None:
    checkpoints, model = AnswerCheckpoints(MemoryStore()), Model(held=True)
    first = asyncio.create_task(checkpoints.answer(BUILD, KEY, model))
    await model.started.wait()
    second = asyncio.create_task(checkpoints.answer(BUILD, KEY, model))
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    model.release.set()
    assert (await second).response.content == "A0"
    assert (model.calls, model.cancelled) == (1, 0)


async def test_a_failure_is_shared_and_the_next_to_ask_asks_anew() -> None:
    checkpoints = AnswerCheckpoints(MemoryStore())
    model = Model(held=True, error=ProviderFailedError("broken"))
    tasks = [asyncio.create_task(checkpoints.answer(BUILD, KEY, model)) for _ in range(3)]
    await model.started.wait()
    await settle()
    model.release.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [ProviderFailedError] * 3
    assert model.calls == 1
    model.error = None
    assert (await checkpoints.answer(BUILD, KEY, model)).response.content == "A1"


async def test_the_call_ends_when_nobody_waits_for_it_and_can_be_made_again_at_once() -> None:
    checkpoints, model = AnswerCheckpoints(MemoryStore()), Model(held=True)
    tasks = [asyncio.create_task(checkpoints.answer(BUILD, KEY, model)) for _ in range(2)]
    await model.started.wait()
    await settle()
    for task in tasks:
        task.cancel()
    third: asyncio.Task[KeptAnswer] = asyncio.create_task(checkpoints.answer(BUILD, KEY, model))
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    model.release.set()
    assert (await third).response.content in ("A0", "A1")
    assert model.cancelled <= 1


async def test_a_cancelled_sole_caller_waits_until_the_call_has_ended() -> None:
    checkpoints, model = AnswerCheckpoints(MemoryStore()), Model(held=True)
    task = asyncio.create_task(checkpoints.answer(BUILD, KEY, model))
    await model.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert model.cancelled == 1
    model.release.set()
    assert (await checkpoints.answer(BUILD, KEY, model)).response.content == "A1"


@pytest.mark.parametrize("method", ["exists", "read_text", "write_text"])
async def test_a_failing_store_raises(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: str, **_options: bool) -> None:
        raise StorageError("disk full")

    store = MemoryStore()
    if method == "exists":  # only an answer that is there can be spent
        await AnswerCheckpoints(store).answer(BUILD, KEY, Model())
    monkeypatch.setattr(store, method, broken)
    with pytest.raises(StorageError, match="disk full"):
        await AnswerCheckpoints(store).answer(BUILD, KEY, Model())
