"""Every call stands in the ledger, and its answer is safe before its row is closed."""

import asyncio
from dataclasses import replace

import pytest

from core.errors import CallLimitError, RequestRefusedError, StorageError
from core.settings import SpendingLimits
from providers.llm.catalogue import Catalogue, ProviderRow
from providers.llm.metering import CallTerms, MeteredProvider
from providers.llm.prices import PriceList
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.storage.calls import CallIdentity, CallMaxima
from tests.providers.llm.scripted import MemoryLedger, Outcome, ScriptedProvider

REQUEST = LLMRequest(model="m", system="", messages=(Message(role="user", content="Q"),))
ANSWER = LLMResponse(content="A", provider="p", model="m")
CALL = CallIdentity(
    build_id="b", project_id="p", user="u", stage="3", provider="first", model="big"
)


def terms(**model: object) -> CallTerms:
    row = {"name": "big", "wire_id": "b", "free": True, **model}
    provider = {"name": "first", "protocol": "demo", "models": [row]}
    catalogue = Catalogue((ProviderRow.model_validate(provider),))
    return CallTerms(
        maxima=CallMaxima(per_stage=1, per_file=1, per_build=1),
        spending=SpendingLimits(),
        seconds=60,
        prices=PriceList(catalogue),
        model=catalogue["first"].model("big"),
        input_tokens=1_000,
    )


class Bench:
    """A metered provider, and the order of what happened."""

    def __init__(self, outcome: Outcome, *, kept: Exception | None = None) -> None:
        self.ledger = MemoryLedger()
        self.rows_when_kept: list[dict[int, str]] = []
        self._kept = kept
        inner = ScriptedProvider("first", iter([outcome]))
        self.provider = MeteredProvider(inner, self.ledger, CALL, terms(), self._keep)

    async def _keep(self, response: LLMResponse) -> None:
        assert response == ANSWER
        self.rows_when_kept.append(dict(self.ledger.outcomes))
        if self._kept:
            raise self._kept


async def test_an_answer_is_kept_while_its_row_is_still_open() -> None:
    bench = Bench(ANSWER)
    assert await bench.provider.complete(REQUEST) == ANSWER
    assert bench.rows_when_kept == [{}]
    assert bench.ledger.calls == [CALL]
    assert bench.ledger.outcomes == {0: "answered"}


async def test_no_call_is_made_above_a_maximum() -> None:
    bench = Bench(ANSWER)
    await bench.provider.complete(REQUEST)
    with pytest.raises(CallLimitError):
        await bench.provider.complete(REQUEST)
    assert len(bench.rows_when_kept) == 1


async def test_a_failed_call_is_closed_with_its_error() -> None:
    bench = Bench(RequestRefusedError("no"))
    with pytest.raises(RequestRefusedError):
        await bench.provider.complete(REQUEST)
    assert bench.ledger.outcomes == {0: "refused:RequestRefusedError"}


async def test_an_answer_that_could_not_be_kept_is_a_failed_call() -> None:
    bench = Bench(ANSWER, kept=StorageError("disk full"))
    with pytest.raises(StorageError):
        await bench.provider.complete(REQUEST)
    assert bench.ledger.outcomes == {0: "failed:StorageError"}


class Waiting:
    """A provider that answers when it is let, or when its caller is cancelled."""

    name = "first"

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def complete(self, request: LLMRequest) -> LLMResponse:
        assert request == REQUEST
        await self.may_answer.wait()
        return ANSWER


async def _kept(_: LLMResponse) -> None:
    """Nothing has to be kept here."""


async def test_the_reservation_of_a_call_that_waits_is_renewed_until_it_has_ended() -> None:
    ledger, inner = MemoryLedger(), Waiting()
    brief = replace(terms(), seconds=0.03)
    call = asyncio.create_task(MeteredProvider(inner, ledger, CALL, brief, _kept).complete(REQUEST))
    await asyncio.sleep(0.1)
    assert len(ledger.extended) > 1
    inner.may_answer.set()
    await call
    renewed = list(ledger.extended)
    assert set(renewed) == {(0, 0.03)}
    await asyncio.sleep(0.05)
    assert ledger.extended == renewed


async def test_a_reservation_that_cannot_be_renewed_now_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ledger, inner = MemoryLedger(), Waiting()
    extend, tries = ledger.extend, 0

    async def at_the_second_try(call_id: int, *, seconds: float) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StorageError("the disk is full")
        await extend(call_id, seconds=seconds)
        inner.may_answer.set()

    monkeypatch.setattr(ledger, "extend", at_the_second_try)
    brief = replace(terms(), seconds=0.03)
    await MeteredProvider(inner, ledger, CALL, brief, _kept).complete(REQUEST)
    assert ledger.extended == [(0, 0.03)]
    assert "call 0 is not renewed: the disk is full" in caplog.text


async def test_is_the_provider_it_wraps() -> None:
    bench = Bench(ANSWER)
    assert bench.provider.name == "first"
    assert not bench.ledger.calls
