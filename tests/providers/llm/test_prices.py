"""What calls may cost and did cost, against the real data of the price library."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, InputError
from providers.llm.catalogue import Catalogue, load_catalogue, read_catalogue_rows
from providers.llm.prices import PriceList

NOW = datetime(2026, 11, 22, 12, 0)
NOON = NOW.replace(tzinfo=UTC)


def shipped() -> Catalogue:
    return load_catalogue(read_catalogue_rows(), lambda _: None)


def one_row(name: str, **fields: Any) -> Catalogue:
    row = {"protocol": "openai-compatible", "base_url": "http://x.test", "key_required": False}
    return load_catalogue([{"name": name, **row, **fields}], lambda _: None)


def at(moment: datetime, catalogue: Catalogue | None = None) -> PriceList:
    return PriceList(catalogue or shipped(), clock=lambda: moment)


def cost(prices: PriceList, catalogue: Catalogue, asked: str, tokens: tuple[int, int]) -> Decimal:
    provider, _, model = asked.partition("/")
    return prices.cost(provider, catalogue[provider].model(model), *tokens)


def test_every_shipped_model_has_a_price_or_is_free() -> None:
    catalogue, prices = shipped(), PriceList(shipped())
    for row in catalogue:
        for model in row.models:
            prices.require(row.name, model)
            free = row.name == "demo"
            assert (prices.worst_case(row.name, model, 1_000, 1_000) == 0) == free
    prices.require("local", catalogue["local"].model("any/thing"))
    assert cost(prices, catalogue, "local/any/thing", (10**6, 10**6)) == 0


@pytest.mark.parametrize(
    ("asked", "price_provider", "wire_id"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("anthropic/claude-haiku-4.5", "anthropic", "claude-haiku-4-5"),
        ("gemini/gemini-3-pro", "google", "gemini-3.1-pro-preview"),
        ("deepseek/deepseek-v3", "deepseek", "deepseek-v4-flash"),
        ("openrouter/gpt-5-mini", "openrouter", "openai/gpt-5-mini"),
        ("openrouter/mistralai/mistral-nemo", "openrouter", "mistralai/mistral-nemo"),
    ],
)
def test_the_library_prices_what_it_knows(asked: str, price_provider: str, wire_id: str) -> None:
    expected = calc_price(
        Usage(input_tokens=12_345, output_tokens=678),
        wire_id,
        provider_id=price_provider,
        genai_request_timestamp=NOON,
    )
    assert cost(at(NOON), shipped(), asked, (12_345, 678)) == expected.total_price > 0


def test_the_catalogue_prices_the_rest_exactly() -> None:
    # 0.8 and 4 dollars for a million tokens
    assert cost(at(NOON), shipped(), "zukijourney/claude-3.5-haiku", (3, 7)) == Decimal("0.0000304")


def test_of_several_providers_behind_a_router_the_dearest_counts() -> None:
    # At novita 0.18 and 0.59 dollars; the others ask less.
    asked = "huggingface/meta-llama-4-scout-17b-16e-instruct"
    assert cost(at(NOON), shipped(), asked, (10**6, 10**6)) == Decimal("0.77")


def test_what_was_cached_costs_less_and_never_less_than_nothing() -> None:
    catalogue = shipped()
    model = catalogue["openai"].model("gpt-4o")
    prices = at(NOON)
    whole = prices.cost("openai", model, 1_000, 100)
    assert prices.cost("openai", model, 1_000, 100, cached_input_tokens=800) < whole
    all_of_it = prices.cost("openai", model, 1_000, 100, cached_input_tokens=1_000)
    assert prices.cost("openai", model, 1_000, 100, cached_input_tokens=5_000) == all_of_it > 0


def test_a_dearer_tier_and_a_dearer_hour_are_in_the_worst_case() -> None:
    catalogue, prices = shipped(), at(NOON)
    gemini = catalogue["gemini"].model("gemini-3-pro")
    # Above 200,000 tokens 4 and 18 dollars in place of 2 and 12.
    assert prices.worst_case("gemini", gemini, 200_000, 1_000) == Decimal("0.412")
    assert prices.worst_case("gemini", gemini, 200_001, 1_000) == Decimal("0.818004")
    deepseek = catalogue["deepseek"].model("deepseek-v3")
    dear = at(NOON.replace(hour=2)).cost("deepseek", deepseek, 1_000, 1_000)
    assert prices.worst_case("deepseek", deepseek, 1_000, 1_000) == dear
    assert dear > prices.cost("deepseek", deepseek, 1_000, 1_000)


def test_a_model_without_a_price_is_refused_with_what_to_write() -> None:
    catalogue = shipped()
    prices = PriceList(catalogue)
    model = catalogue["openrouter"].model("acme/unheard-of")
    said = (
        r"openrouter/acme/unheard-of costs: genai-prices has no price of 'acme/unheard-of' under "
        r"openrouter, .* \[\[providers.models\]\] with name = 'acme/unheard-of', .*free = true"
    )
    with pytest.raises(ConfigurationError, match=said):
        prices.require("openrouter", model)
    with pytest.raises(ConfigurationError, match="it is not known what"):
        prices.worst_case("openrouter", model, 1, 1)
    with pytest.raises(ConfigurationError, match="it is not known what"):
        prices.cost("openrouter", model, 1, 1)
    with pytest.raises(InputError, match="no provider 'nobody'"):
        prices.require("nobody", model)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("openai", "whisper-1"),  # priced by the hour
        ("openrouter", "meta-llama/llama-4-scout:free"),  # listed without any price
        ("openai-eu", "gpt-4o"),  # not the library's provider, though it looks like it
    ],
)
def test_what_the_library_has_no_whole_price_for_is_not_taken_for_free(
    name: str, model: str
) -> None:
    catalogue = one_row(name, any_model=True)
    with pytest.raises(ConfigurationError, match="it is not known what"):
        PriceList(catalogue).require(name, catalogue[name].model(model))


def test_a_row_may_keep_the_library_out() -> None:
    price = {"input_usd": 1, "output_usd": 2, "as_of": "2026-11-22", "source": "a contract"}
    listed = {"name": "gpt-4o", "wire_id": "gpt-4o", "price": price}
    own = one_row("openai", price_providers=[], models=[listed])
    assert cost(at(NOON, own), own, "openai/gpt-4o", (10**6, 10**6)) == 3
    known = one_row("openai", models=[listed])
    assert cost(at(NOON, known), known, "openai/gpt-4o", (10**6, 10**6)) == Decimal("12.5")


def test_what_is_marked_free_costs_nothing_even_where_the_library_knows_it() -> None:
    free = one_row("openai", models=[{"name": "gpt-4o", "wire_id": "gpt-4o", "free": True}])
    model = free["openai"].model("gpt-4o")
    assert PriceList(free).worst_case("openai", model, 10**6, 10**6) == 0


dollars = st.decimals(0, 100, places=3)
sizes = st.integers(0, 400)
"""Few enough that tiers, prompts and caches meet."""
begins = st.datetimes(NOW - timedelta(days=3), NOW + timedelta(days=3))
tiered = st.builds(
    TieredPrices, base=dollars, tiers=st.lists(st.builds(Tier, start=sizes, price=dollars))
)
rates = dollars | tiered
prices_of_a_model = st.builds(
    ModelPrice, input_mtok=rates, output_mtok=rates, cache_read_mtok=st.none() | rates
)
conditions = (
    st.none()
    | st.builds(StartDateConstraint, start_date=begins.map(datetime.date))
    | st.builds(
        TimeOfDateConstraint,
        start_time=st.times(timezones=st.just(UTC)),
        end_time=st.times(timezones=st.just(UTC)),
    )
)
conditional = st.lists(
    st.builds(ConditionalPrice, constraint=conditions, prices=prices_of_a_model), min_size=1
)


@contextmanager
def library_of(prices: ModelPrice | list[ConditionalPrice]) -> Generator[None]:
    model = ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=prices)
    provider = Provider(id="acme", name="Acme", api_pattern="acme", models=[model])
    set_custom_snapshot(DataSnapshot(providers=[provider], from_auto_update=False))
    try:
        yield
    finally:
        set_custom_snapshot(None)


@given(
    prices=prices_of_a_model | conditional,
    most=st.tuples(sizes, sizes),
    spent=st.tuples(sizes, sizes, sizes),
    lasts=st.timedeltas(timedelta(0), timedelta(hours=24)),
)
def test_no_call_costs_more_than_its_worst_case(
    prices: ModelPrice | list[ConditionalPrice],
    most: tuple[int, int],
    spent: tuple[int, int, int],
    lasts: timedelta,
) -> None:
    acme = one_row("acme", any_model=True)
    model = acme["acme"].model("m")
    asked, answered = min(spent[0], most[0]), min(spent[1], most[1])
    with library_of(prices):
        worst = at(NOON, acme).worst_case("acme", model, *most)
        real = at(NOON + lasts, acme).cost(
            "acme", model, asked, answered, cached_input_tokens=spent[2]
        )
    assert real <= worst


def test_a_price_that_rises_tomorrow_is_in_the_worst_case_of_a_call_that_begins_today() -> None:
    acme = one_row("acme", any_model=True)
    model = acme["acme"].model("m")
    cheap, dear = (ModelPrice(input_mtok=price, output_mtok=price) for price in map(Decimal, "15"))
    rises = StartDateConstraint(start_date=datetime.date(NOW + timedelta(days=1)))
    prices = [ConditionalPrice(prices=cheap), ConditionalPrice(rises, prices=dear)]
    with library_of(prices):
        assert at(NOON, acme).worst_case("acme", model, 10**6, 0) == 5
        assert at(NOON, acme).cost("acme", model, 10**6, 0) == 1
        assert at(NOON - timedelta(days=1), acme).worst_case("acme", model, 10**6, 0) == 1


@pytest.mark.parametrize("provider", ["openrouter", "google", "deepseek", "anthropic", "openai"])
def test_so_it_is_with_every_price_the_library_has(provider: str) -> None:
    catalogue = one_row(provider, any_model=True)
    prices = at(NOON, catalogue)
    known = 0
    for info in get_snapshot().find_provider(None, provider, None).models:
        model = catalogue[provider].model(info.id)
        try:
            worst = prices.worst_case(provider, model, 300_000, 5_000)
        except ConfigurationError:
            continue
        known += 1
        for cached in (0, 300_000):
            spent = prices.cost(provider, model, 300_000, 5_000, cached_input_tokens=cached)
            assert 0 <= spent <= worst
    assert known >= 7
