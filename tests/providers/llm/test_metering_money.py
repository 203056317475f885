"""What each call is booked at, in a real ledger, at prices where every token counts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import (
    BilledUsage,
    ConfigurationError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
    StorageError,
)
from core.settings import SpendingLimits
from providers.llm.catalogue import Catalogue, ProviderRow
from providers.llm.metering import CallTerms, MeteredProvider
from providers.llm.prices import PriceList
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.storage.calls import CallIdentity, CallMaxima, CallOutcome, CallRow
from providers.storage.ledger import UsageLedger
from tests.providers.llm.scripted import Outcome, ScriptedProvider
from tests.providers.storage.ledgers import ledger_in

REQUEST = LLMRequest(model="m", system="", messages=(Message(role="user", content="Q" * 250),))
LISTED = {"input_usd": 1, "output_usd": 10, "as_of": "2026-11-22", "source": "a contract"}
"""Dollars for a million tokens."""
USAGE = BilledUsage(input_tokens=2_000, output_tokens=500)
PRICE = Decimal("0.007")
"""Of `USAGE`, as listed."""
ANSWER = LLMResponse(content="A", input_tokens=2_000, output_tokens=500, provider="p", model="m")


def catalogue() -> Catalogue:
    listed = {"name": "big", "wire_id": "big", "price": LISTED}
    rows = (
        {"name": "first", "protocol": "demo", "models": [listed]},
        {"name": "openai", "protocol": "demo", "models": [{"name": "gpt-4o", "wire_id": "gpt-4o"}]},
        {"name": "own", "protocol": "demo", "models": [{**listed, "price": None, "free": True}]},
    )
    return Catalogue(tuple(map(ProviderRow.model_validate, rows)))


@dataclass
class Bench:
    """A real ledger, and what was kept."""

    ledger: UsageLedger
    kept: list[LLMResponse] = field(default_factory=list[LLMResponse])
    keep_fails: bool = False

    async def _keep(self, response: LLMResponse) -> None:
        if self.keep_fails:
            raise StorageError("disk full")
        self.kept.append(response)

    def metered(
        self, outcome: Outcome, model: str = "first/big", *, reports_cost: bool = True
    ) -> MeteredProvider:
        provider, _, name = model.partition("/")
        known = catalogue()
        call = CallIdentity(
            build_id="b", project_id="p", user="u", stage="3", provider=provider, model=name
        )
        terms = CallTerms(
            maxima=CallMaxima(per_stage=9, per_file=9, per_build=9),
            spending=SpendingLimits(),
            seconds=60,
            prices=PriceList(known),
            model=known[provider].model(name),
            input_tokens=3_000,
            reports_cost=reports_cost,
        )
        inner = ScriptedProvider(provider, iter([outcome]))
        return MeteredProvider(inner, self.ledger, call, terms, self._keep)

    async def failed(self, error: BaseException, model: str = "first/big") -> CallRow:
        """The row of a call that ends with an error."""
        with pytest.raises(type(error)):
            await self.metered(error, model).complete(REQUEST)
        return await self.row()

    async def row(self) -> CallRow:
        [row] = await self.ledger.calls("b")
        return row


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    ledger = ledger_in(tmp_path / "ledger.db")
    yield Bench(ledger)
    ledger.close()


async def test_an_answer_is_booked_at_its_price(bench: Bench) -> None:
    answer = await bench.metered(ANSWER).complete(REQUEST)
    assert answer.cost_usd == float(PRICE)
    assert bench.kept == [answer]
    row = await bench.row()
    assert (row.outcome, row.cost_usd) == (CallOutcome.ANSWERED, PRICE)
    assert (row.input_tokens, row.output_tokens) == (2_000, 500)


async def test_an_answer_without_counts_is_booked_at_no_less_than_it_costs(bench: Bench) -> None:
    uncounted = LLMResponse(content="AAA", provider="p", model="m")
    await bench.metered(uncounted).complete(REQUEST)
    row = await bench.row()
    assert (row.input_tokens, row.output_tokens) == (3_000, 4)
    assert row.cost_usd == Decimal("0.00304")


@pytest.mark.parametrize("model", ["first/big", "own/big", "openai/gpt-4o"])
async def test_the_providers_own_price_is_the_last_word(bench: Bench, model: str) -> None:
    update = {"cost_usd": 0.25, "cached_input_tokens": 1_000}
    answer = await bench.metered(ANSWER.model_copy(update=update), model).complete(REQUEST)
    assert answer.cost_usd == 0.25
    assert (await bench.row()).cost_usd == Decimal("0.25")


@pytest.mark.parametrize(("model", "price"), [("first/big", PRICE), ("own/big", Decimal(0))])
@pytest.mark.parametrize("stated", [0.000_000_001, 900_000.0])
async def test_of_a_provider_whose_word_is_not_asked_for_it_counts_for_nothing(
    bench: Bench, model: str, price: Decimal, stated: float
) -> None:
    metered = bench.metered(
        ANSWER.model_copy(update={"cost_usd": stated}), model, reports_cost=False
    )
    assert (await metered.complete(REQUEST)).cost_usd == float(price)
    assert (await bench.row()).cost_usd == price


async def test_what_was_cached_is_booked_at_its_own_price(bench: Bench) -> None:
    # gpt-4o: 2.5 dollars, cached 1.25, output 10
    cached = ANSWER.model_copy(update={"cached_input_tokens": 1_600})
    answer = await bench.metered(cached, "openai/gpt-4o").complete(REQUEST)
    assert answer.cached_input_tokens == 1_600
    assert (await bench.row()).cost_usd == Decimal("0.008")
    uncached = PriceList(catalogue()).cost(
        "openai", catalogue()["openai"].model("gpt-4o"), 2_000, 500
    )
    assert uncached == Decimal("0.01")


async def test_an_answer_that_could_not_be_kept_was_paid_for(bench: Bench) -> None:
    bench.keep_fails = True
    with pytest.raises(StorageError, match="disk full"):
        await bench.metered(ANSWER).complete(REQUEST)
    row = await bench.row()
    assert (row.outcome, row.error_class) == (CallOutcome.FAILED, "StorageError")
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (2_000, 500, PRICE)


@pytest.mark.parametrize(
    "error_type", [RequestRefusedError, ProviderFailedError, ProviderBusyError]
)
async def test_an_error_with_usage_is_booked_at_its_price(
    bench: Bench, error_type: type[ModelError]
) -> None:
    row = await bench.failed(error_type("the model declined", usage=USAGE))
    assert row.outcome == ("refused" if error_type is RequestRefusedError else "failed")
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (2_000, 500, PRICE)
    assert row.error_class == error_type.__name__


async def test_of_an_error_too_the_providers_own_price_is_the_last_word(bench: Bench) -> None:
    usage = BilledUsage(2_000, 0, 500, 0.2)
    row = await bench.failed(ProviderFailedError("the answer broke off", usage=usage))
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (2_000, 500, Decimal("0.2"))


async def test_of_an_error_too_what_was_cached_has_its_own_price(bench: Bench) -> None:
    usage = BilledUsage(2_000, 1_600, 500)
    row = await bench.failed(RequestRefusedError("declined", usage=usage), "openai/gpt-4o")
    assert row.cost_usd == Decimal("0.008")


async def test_a_free_model_that_fails_costs_nothing(bench: Bench) -> None:
    row = await bench.failed(RequestRefusedError("declined", usage=USAGE), "own/big")
    assert (row.input_tokens, row.cost_usd) == (2_000, 0)


@pytest.mark.parametrize(
    "error",
    [
        RequestRefusedError("HTTP 400"),
        ProviderBusyError("HTTP 429", usage=BilledUsage()),
        ProviderFailedError("HTTP 500"),
        ConfigurationError("no key"),
    ],
    ids=str,
)
async def test_a_call_that_was_not_answered_costs_nothing(
    bench: Bench, error: BaseException
) -> None:
    row = await bench.failed(error)
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (0, 0, 0)


@pytest.mark.parametrize(
    ("cause", "price"),
    [(None, Decimal(0)), (ProviderFailedError("cancelled", usage=USAGE), PRICE)],
    ids=["before an answer began", "while it came in"],
)
async def test_a_cancelled_call_is_booked_at_what_its_cause_says(
    bench: Bench, cause: ModelError | None, price: Decimal
) -> None:
    cancelled = asyncio.CancelledError()
    cancelled.__cause__ = cause
    assert (await bench.failed(cancelled)).cost_usd == price


@pytest.mark.parametrize("outcome", [ANSWER, RequestRefusedError("declined", usage=USAGE)])
async def test_where_the_ledger_fails_the_reservation_still_counts(
    bench: Bench, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object, **__: object) -> None:
        raise StorageError("database is locked")

    monkeypatch.setattr(bench.ledger, "settle", locked)
    expected = StorageError if isinstance(outcome, LLMResponse) else RequestRefusedError
    with pytest.raises(expected):
        await bench.metered(outcome).complete(REQUEST)
    assert len(bench.kept) == isinstance(outcome, LLMResponse)
    row = await bench.row()
    assert row.outcome is CallOutcome.OPEN
    assert row.reserved_usd > PRICE
