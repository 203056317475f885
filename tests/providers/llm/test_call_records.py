"""Prompt and answer of every call, kept where a person can read them, without keys."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    AppBuilderError,
    CallLimitError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
    SpendingLimitError,
    StorageError,
)
from core.redaction import Redaction
from providers.llm.call_records import CallRecords, RecordedProvider
from providers.llm.provider import FinishReason, LLMRequest, LLMResponse, Message
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallIdentity
from tests.providers.llm.scripted import MemoryStore, Outcome, ScriptedProvider

KEY = "sk-planted-0123456789"
NOW = datetime(2026, 3, 4, 5, 6, 7, 89_000, UTC)
CALL = CallIdentity(
    build_id="b-1",
    project_id="b",
    user="u",
    stage="3.5",
    template="structural-validator",
    provider="first",
    model="big",
    prompt_digest="d1",
)
REQUEST = LLMRequest(
    model="wire-big",
    system="You are strict.",
    messages=(
        Message(role="user", content="Look at it."),
        Message(role="assistant", content="Hm."),
        Message(role="user", content="Again."),
    ),
    max_tokens=4_096,
    temperature=0.2,
    schema_name="IssueList",
    json_schema={"type": "object", "title": "Issues"},
)


def said(content: str = "All is well.", finish_reason: FinishReason = "stop") -> LLMResponse:
    return LLMResponse(
        content=content,
        input_tokens=1_234,
        output_tokens=56,
        cost_usd=0.0123,
        latency_seconds=1.5,
        provider="first",
        model="big-2026",
        finish_reason=finish_reason,
        metadata={"request id": "r-1"},
    )


class Bench:
    """A provider that is written down, over a store in memory."""

    def __init__(self, *outcomes: Outcome, call: CallIdentity = CALL, ordinal: int = 0) -> None:
        self.store = MemoryStore()
        redaction = Redaction()
        redaction.add(KEY)
        self.records = CallRecords(
            self.store,
            redact=redaction,
            clock=lambda: NOW,
            number=lambda: "n1",
        )
        inner = ScriptedProvider("first", iter(outcomes))
        self.provider = RecordedProvider(inner, self.records, call, ordinal=ordinal)

    @property
    def page(self) -> str:
        (page,) = self.store.texts.values()
        return page


async def test_a_call_is_one_page_with_all_that_was_asked_and_answered() -> None:
    bench = Bench(said(), ordinal=2)
    assert await bench.provider.complete(REQUEST) == said()
    assert list(bench.store.texts) == [
        "project/b-1/report/calls/3.5/structural-validator/"
        "20260304T050607.089Z-structural-validator-n1.md"
    ]
    page = re.sub(r"took: [\d.]+", "took: 0.1", bench.page)
    assert page == (Path(__file__).parent / "call_page.md").read_text("utf-8")
    assert bench.provider.name == "first"


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (RequestRefusedError(f"401 for {KEY}"), "refused"),
        (ProviderBusyError("429"), "busy"),
        (ProviderFailedError("500"), "failed"),
        (asyncio.CancelledError("enough"), "cancelled"),
        (StorageError("disk full"), "failed"),
        (ZeroDivisionError("a mistake"), "failed"),
    ],
)
async def test_a_call_that_failed_is_written_down_with_its_error(
    error: BaseException, result: str
) -> None:
    bench = Bench(error)
    with pytest.raises(type(error)):
        await bench.provider.complete(REQUEST)
    assert f"- outcome: {result}\n" in bench.page
    shown = str(error).replace(KEY, "[key]")
    assert f"## Error\n\n```\n{type(error).__name__}: {shown}\n```" in bench.page
    assert "## Answer" not in bench.page
    assert "Look at it." in bench.page


@pytest.mark.parametrize(
    ("reason", "result"), [("length", "cut off"), ("content_filter", "filtered")]
)
async def test_an_answer_that_is_not_whole_says_so(reason: FinishReason, result: str) -> None:
    bench = Bench(said("All is", reason))
    await bench.provider.complete(REQUEST)
    assert bench.page.startswith(f"# Stage 3.5: structural-validator: {result}\n")
    assert "## Answer\n\n```\nAll is\n```" in bench.page


@pytest.mark.parametrize("error", [CallLimitError("enough"), SpendingLimitError("too much")])
async def test_a_call_that_was_not_made_has_no_page(error: AppBuilderError) -> None:
    bench = Bench(error)
    with pytest.raises(type(error)):
        await bench.provider.complete(REQUEST)
    assert bench.store.texts == {}


async def test_an_answer_from_the_cache_has_a_page_as_well() -> None:
    bench = Bench()
    await bench.records.borrowed(CALL, 0, REQUEST, said())
    assert "- outcome: from the response cache\n" in bench.page
    assert "All is well." in bench.page


async def test_no_key_is_on_the_page_wherever_it_was() -> None:
    everywhere = REQUEST.model_copy(
        update={
            "system": f"Use {KEY}",
            "messages": (Message(role="user", content=f"x{KEY}y"),),
            "json_schema": {"title": KEY},
        }
    )
    answer = said(f"It is {KEY}.").model_copy(update={"model": KEY, "metadata": {KEY: KEY}})
    bench = Bench(answer)
    await bench.provider.complete(everywhere)
    assert KEY not in bench.page
    assert bench.page.count("[key]") == 7


async def test_pages_about_a_file_lie_with_it_and_runs_add_to_them(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path.as_uri())
    records = CallRecords(store, redact=lambda text: text)
    call = CALL.model_copy(update={"stage": "7", "file": "app/main.py", "template": "coder"})
    for _ in range(2):
        inner = ScriptedProvider("first", iter([said()]))
        await RecordedProvider(inner, records, call, ordinal=0).complete(REQUEST)
    keys = await store.list_keys("project/b-1/report/calls/7")
    assert len(keys) == 2
    for key in keys:
        assert re.fullmatch(
            r"project/b-1/report/calls/7/app/main\.py/\d{8}T\d{6}\.\d{3}Z-coder-[0-9a-f]{8}\.md",
            key,
        )
        assert "# Stage 7: `app/main.py`: answered" in await store.read_text(key)


@pytest.mark.parametrize("sign", ["a", "é", "漢"])
async def test_the_longest_path_still_has_a_place(tmp_path: Path, sign: str) -> None:
    store = ArtifactStore(tmp_path.as_uri())
    records = CallRecords(store, redact=lambda text: text)
    places: set[str] = set()
    for name in ("x.py", "y.py"):
        path = f"{'/'.join([sign * 80] * 3)}/{name}"
        call = CALL.model_copy(update={"file": path})
        await records.borrowed(call, 0, REQUEST, said())
    for key in await store.list_keys("project/b-1/report/calls"):
        places.add(key.rpartition("/")[0])
    assert len(places) == 2


async def test_a_store_that_fails_is_told_once_the_answer_is_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: str, **_options: bool) -> None:
        raise StorageError("disk full")

    bench = Bench(said(), ProviderFailedError("500"))
    monkeypatch.setattr(bench.store, "write_text", broken)
    with pytest.raises(StorageError, match="disk full"):
        await bench.provider.complete(REQUEST)
    with pytest.raises(ModelError, match="500"):
        await bench.provider.complete(REQUEST)
    assert "record of a call that failed is not kept: disk full" in caplog.text


@given(st.text(alphabet="`~ \n\r\tab\x00\x1b\u202e\ud800-#"))
async def test_no_text_ends_its_fence(text: str) -> None:
    bench = Bench(said(text))
    await bench.provider.complete(REQUEST)
    bench.page.encode()
    fence = ""
    headings: list[str] = []
    for line in re.split(r"\r\n|\n|\r", bench.page):
        if fence:
            fence = "" if re.fullmatch(rf" {{0,3}}{fence}`*[ \t]*", line) else fence
        elif opened := re.match(r" {0,3}(`{3,})[^`]*$", line):
            fence = opened[1]
        elif line.startswith("#"):
            headings.append(line.strip("# "))
    assert not fence
    assert headings[1:] == [
        *("System", "User", "Assistant", "User", "Answer", "JSON Schema of the answer")
    ]
