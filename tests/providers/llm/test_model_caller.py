"""Calls with all that surrounds them: money, prompts, breakers, rates and records, put together."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import (
    AnswerError,
    InputError,
    ProviderBusyError,
    ProviderFailedError,
    SpendingLimitError,
)
from core.settings import BreakerSettings, SpendingLimits
from core.stages import Stage
from providers.llm import model_caller as model_caller_module
from providers.llm.asker import Answer, Asker, Question
from providers.llm.breakers import Breakers
from providers.llm.call_records import CallRecords
from providers.llm.catalogue import Catalogue, ModelRow, ProviderRow
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.model_caller import CallLimits
from providers.llm.provider import LLMProvider, LLMResponse
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_window import Window
from providers.llm.retrying import Patience
from providers.llm.stage_router import ModelChoice
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallMaxima, CallOutcome
from providers.storage.ledger import UsageLedger
from tests.providers.llm.callers import model_caller
from tests.providers.llm.scripted import Outcome, ScriptedProvider
from tests.providers.storage.ledgers import ledger_in

FIRST, SECOND = ModelChoice("first", "m"), ModelChoice("second", "m")
PRICE = {"input_usd": 1, "output_usd": 10, "as_of": "2026-11-22", "source": "made up for the test"}


def row(name: str, *, called: str = "m", **fields: object) -> ProviderRow:
    model = {"name": called, "wire_id": "m", "max_output_tokens": 1_000, "context_tokens": 4_000}
    provider = {"name": name, "protocol": "openai-compatible", "base_url": "http://x.test"}
    return ProviderRow.model_validate(
        {
            **provider,
            "key_required": False,
            "models": [{**model, "price": PRICE, **fields}],
        }
    )


class Pool:
    """Scripted providers by name, with rows."""

    def __init__(self, rows: Iterable[ProviderRow], *providers: LLMProvider) -> None:
        self.catalogue = Catalogue(tuple(rows))
        self._providers = {provider.name: provider for provider in providers}

    def provider(self, name: str) -> LLMProvider:
        return self._providers[name]

    def row(self, name: str) -> ProviderRow:
        return self.catalogue[name]

    def model(self, provider: str, name: str) -> ModelRow:
        return self.catalogue[provider].model(name)


def said(content: str = "Yes.", **fields: object) -> LLMResponse:
    values = {"content": content, "input_tokens": 100, "output_tokens": 20, "latency_seconds": 0.5}
    return LLMResponse.model_validate(
        {**values, "provider": "first", "model": "m", "finish_reason": "stop", **fields}
    )


class Bench:
    """An asker with two scripted providers over a real ledger and store."""

    def __init__(self, folder: Path, ledger: UsageLedger) -> None:
        self.ledger = ledger
        self.store = ArtifactStore(f"file://{folder / 'store'}")
        self.limits = CallLimits()
        self.breakers = Breakers(BreakerSettings(failures=2, cooldown_seconds=60), ledger)
        self.limiter: RateLimiter | None = None
        self.called = "m"
        self.fields: dict[str, object] = {}
        self.first = ScriptedProvider("first", iter(()))
        self.second = ScriptedProvider("second", iter(()))

    async def ask(
        self,
        text: str = "Is it?",
        *,
        choices: tuple[ModelChoice, ...] = (FIRST,),
        max_tokens: int = 100,
        build_id: str = "b-1",
    ) -> Answer[str]:
        rows = (row("first", called=self.called, **self.fields), row("second"))
        pool = Pool(rows, self.first, self.second)
        caller = model_caller(
            pool,
            self.ledger,
            pool.catalogue,
            breakers=self.breakers,
            limiter=self.limiter,
            limits=self.limits,
            records=CallRecords(self.store, redact=lambda text: text.replace("hush", "[key]")),
            patience=Patience(attempts=2, first_wait=0),
        )
        question = Question(
            build_id=build_id,
            project_id="b",
            user="ann",
            stage="2",
            template="docs-creator",
            system="Answer.",
            user_text=text,
            choices=choices,
            limits=CallMaxima(per_stage=50, per_file=50, per_build=50),
            max_tokens=max_tokens,
        )
        return await Asker(pool, AnswerCheckpoints(self.store), caller).ask(question, _parsed)

    def answers(self, *outcomes: Outcome, second: Iterable[Outcome] = ()) -> None:
        self.first.outcomes = iter(outcomes)
        self.second.outcomes = iter(second)

    async def records(self) -> list[str]:
        keys = await self.store.list_keys("project/b-1/report/calls/")
        return [await self.store.read_text(key) for key in keys]


def _parsed(text: str) -> str:
    if text.startswith("No"):
        raise ValueError("that is not what was asked")
    return text


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    ledger = ledger_in(folder / "ledger.db")
    yield Bench(folder, ledger)
    ledger.close()


async def test_a_call_costs_what_the_price_says(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(said())
        answer = await bench.ask()
        (call,) = await bench.ledger.calls("b-1")

    assert call.cost_usd == Decimal("0.0003")  # 100 × $1 and 20 × $10 for a million
    assert answer.usage.cost_usd == pytest.approx(0.0003)
    assert call.reserved_usd >= call.cost_usd
    assert (call.template, call.outcome) == ("docs-creator", CallOutcome.ANSWERED)
    assert len(call.prompt_digest) == 64


async def test_a_provider_that_counts_no_tokens_is_not_taken_for_free(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(said(input_tokens=0, output_tokens=0))
        await bench.ask()
        (call,) = await bench.ledger.calls("b-1")

    assert call.input_tokens >= len("Answer.Is it?")
    assert call.output_tokens >= 1
    assert 0 < call.cost_usd <= call.reserved_usd


async def test_a_call_that_could_cost_too_much_is_not_made_until_the_limit_is_raised(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(said(), said())
        bench.limits = CallLimits(spending=SpendingLimits(per_build_usd=Decimal("0.0001")))
        with pytest.raises(SpendingLimitError, match="APP_BUILDER_SPENDING__PER_BUILD_USD"):
            await bench.ask()
        assert not bench.first.requests
        assert not await bench.ledger.calls("b-1")

        bench.limits = CallLimits()
        assert (await bench.ask()).value == "Yes."


async def test_an_answer_that_cannot_be_kept_was_paid_for(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(said())
        (tmp_path / "store").write_text("a file where the folder should be")
        with pytest.raises(Exception, match="store"):
            await bench.ask()
        calls = await bench.ledger.calls("b-1")

    assert [(call.outcome, call.cost_usd) for call in calls] in (
        [],
        [(CallOutcome.FAILED, Decimal("0.0003"))],
    )


@pytest.mark.parametrize(
    ("text", "limits", "told"),
    [
        ("  ", CallLimits(), "is empty"),
        ("x" * 50, CallLimits(prompt_characters=40), "at most 40 are allowed"),
        ("x " * 6_000, CallLimits(), "4,000 of the model's context"),
    ],
)
async def test_a_prompt_that_cannot_be_asked_costs_nothing(
    tmp_path: Path, text: str, limits: CallLimits, told: str
) -> None:
    async with opened(tmp_path) as bench:
        bench.limits = limits
        with pytest.raises(InputError, match=told):
            await bench.ask(text)
        assert not bench.first.requests
        assert not await bench.ledger.calls("b-1")


async def test_a_conversation_that_outgrows_the_context_goes_to_the_fallback(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(said("No. " * 3_000), second=[said(provider="second")])
        answer = await bench.ask(choices=(FIRST, SECOND))

        assert answer.models == ("first/m", "second/m")
        bench.answers(said("No. " * 3_000, model="m2"))
        with pytest.raises(AnswerError, match="there is no room to ask on"):
            await bench.ask("And is it?")


async def test_a_model_that_keeps_failing_is_left_alone_for_the_fallback(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        broken = ProviderFailedError("it broke", provider="first", model="m")
        bench.answers(broken, broken, second=[said(provider="second")])
        for _ in range(2):
            with pytest.raises(ProviderFailedError, match="it broke"):
                await bench.ask(choices=(FIRST, SECOND))
        answer = await bench.ask(choices=(FIRST, SECOND))

    assert answer.models == ("second/m",)
    assert len(bench.first.requests) == 2


async def test_the_last_attempt_of_a_stage_asks_the_fallback_of_a_model_that_is_down(
    tmp_path: Path,
) -> None:
    attempts = 1 + len(Stage.model_fields["retry_delays"].default)
    async with opened(tmp_path) as bench:
        bench.breakers = Breakers(BreakerSettings(), bench.ledger)
        broken = ProviderFailedError("it broke", provider="first", model="m")
        bench.answers(*[broken] * attempts, second=[said(provider="second")])
        for _ in range(attempts - 1):
            with pytest.raises(ProviderFailedError, match="it broke"):
                await bench.ask(choices=(FIRST, SECOND))
        answer = await bench.ask(choices=(FIRST, SECOND))

    assert answer.models == ("second/m",)


async def test_a_model_that_is_busy_for_too_long_gives_its_place_to_the_fallback(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as bench:
        hours = ProviderBusyError("come back tomorrow", retry_after=9_000)
        bench.answers(hours, hours, second=[said(provider="second"), hours])
        answer = await bench.ask(choices=(FIRST, SECOND))
        assert answer.models == ("second/m",)
        with pytest.raises(ProviderBusyError, match="come back tomorrow"):
            await bench.ask("And is it?", choices=(FIRST, SECOND))


async def test_a_cut_off_answer_gets_no_more_room_than_the_context_has(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.fields = {"max_output_tokens": 3_500}
        cut = said("It is", finish_reason="length", output_tokens=900)
        bench.answers(cut, said(" so."))
        answer = await bench.ask("x " * 3_000, max_tokens=900)
        rooms = [request.max_tokens for request in bench.first.requests]

    assert answer.value == " so."
    assert rooms[0] == 900 < rooms[1] < 4_000 - 2_400


async def test_what_was_answered_before_is_taken_although_the_model_is_left_alone_now(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(said())
        await bench.ask(choices=(FIRST, SECOND))
        for _ in range(2):
            bench.breakers.failed(FIRST, ProviderFailedError("it broke"))
        answer = await bench.ask(choices=(FIRST, SECOND))

    assert answer.models == ("first/m",)
    assert answer.calls_made == 0


async def test_when_everything_is_down_the_error_says_what_each_one_said(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def clock() -> datetime:
        return now

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async with opened(tmp_path) as bench:
        settings = BreakerSettings(failures=1, cooldown_seconds=60)
        bench.breakers = Breakers(settings, None, clock, sleep=sleep)
        bench.breakers.failed(FIRST, ProviderFailedError("no route"))
        bench.breakers.failed(SECOND, ProviderBusyError("too many"))
        bench.answers(ProviderFailedError("no route again"), second=[])
        with pytest.raises(ProviderFailedError, match="no route again"):
            await bench.ask(choices=(FIRST, SECOND))

        waiting = asyncio.create_task(bench.ask(choices=(SECOND, FIRST)))
        bench.answers(ProviderFailedError("gone"), second=[ProviderFailedError("gone too")])
        with pytest.raises(ProviderFailedError, match="gone"):
            await waiting


async def test_a_busy_provider_passes_limits_and_ledger_with_every_attempt(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.fields = {"requests_per_minute": 1}
        window = Window(minute=0.3)
        async with RateLimiter("", tmp_path / "limits.db", window=window) as limiter:
            bench.limiter = limiter
            bench.answers(ProviderBusyError("later", retry_after=0), said())
            began = asyncio.get_running_loop().time()
            await bench.ask()
            assert asyncio.get_running_loop().time() - began >= 0.3
        outcomes = [call.outcome for call in await bench.ledger.calls("b-1")]

    assert outcomes == [CallOutcome.FAILED, CallOutcome.ANSWERED]


async def test_names_of_one_model_share_its_limits(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.fields = {"requests_per_minute": 1}
        window = Window(minute=1.5)
        async with RateLimiter("", tmp_path / "limits.db", window=window) as limiter:
            bench.limiter = limiter
            bench.answers(said(), said())
            began = asyncio.get_running_loop().time()
            await bench.ask()
            bench.called = "alias"  # with the wire id as it was
            await bench.ask("And that?", choices=(ModelChoice("first", "alias"),))
            assert asyncio.get_running_loop().time() - began >= 1.5


async def test_a_call_that_waits_for_its_turn_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with opened(tmp_path) as bench:
        bench.fields = {"requests_per_minute": 1}
        async with RateLimiter("", tmp_path / "limits.db", window=Window(minute=0.5)) as limiter:
            bench.limiter = limiter
            bench.answers(said(), said())
            await bench.ask()
            assert "waits for its turn" not in caplog.text
            monkeypatch.setattr(model_caller_module, "_SILENT_WAIT_SECONDS", 0.05)
            await bench.ask("And that?")
    assert "1 a minute for model:first/m:requests" in caplog.text


async def test_every_attempt_is_written_down_without_secrets(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        bench.answers(ProviderBusyError("later", retry_after=0), said("Yes, hush."))
        await bench.ask("Is it hush?")
        pages = sorted(await bench.records(), key=lambda page: "busy" not in page)

    assert ["busy" in page for page in pages] == [True, False]
    assert "Yes, [key]." in pages[1]
    assert all("Is it [key]?" in page and "hush" not in page for page in pages)
