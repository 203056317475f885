"""What a row says a model may be chosen for, and what it costs; how wrong values are refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.errors import ConfigurationError, InputError
from core.roles import COMPLEXITIES, ROLES
from core.stages import load_stage_table, read_stage_rows
from providers.llm.catalogue import (
    Catalogue,
    ProviderRow,
    load_catalogue,
    read_catalogue_rows,
)

NO_VARIABLES: dict[str, str] = {}
PRICE: dict[str, Any] = {
    "input_usd": 0.25,
    "output_usd": 2,
    "as_of": date(2026, 11, 22),
    "source": "its list",
}
MODEL: dict[str, Any] = {"name": "m", "wire_id": "w", "roles": ["coder"], "complexity": "medium"}
ROW: dict[str, Any] = {
    "name": "acme",
    "protocol": "openai-compatible",
    "base_url": "https://acme.test/v1",
    "key_variable": "ACME_API_KEY",
    "models": [MODEL],
}


def load(**change: Any) -> ProviderRow:
    return load_catalogue([{**ROW, **change}], NO_VARIABLES.get)["acme"]


def shipped() -> Catalogue:
    return load_catalogue(read_catalogue_rows(), NO_VARIABLES.get)


def test_every_shipped_model_says_what_it_is_good_for_and_how_likely_it_answers() -> None:
    for row in shipped():
        for model in row.models:
            assert model.enabled
            # The demo mode decides on the demo model, and no role does.
            assert bool(model.roles) == (row.name != "demo")
            assert {"latency_seconds", "reliability"} <= model.model_fields_set


def test_every_stage_asks_models_that_are_good_for_its_work() -> None:
    catalogue = shipped()
    rows = read_stage_rows()
    templates = [use["template"] for row in rows for use in row.get("models", ())]
    table = load_stage_table(rows, providers=catalogue.names, templates=templates)
    for stage in table.stages:
        for use in stage.models:
            model = catalogue[use.provider].model(use.model)
            assert model.suits(use.role, use.complexity), use
            if use.fallback_provider and use.fallback_model:
                fallback = catalogue[use.fallback_provider].model(use.fallback_model)
                assert fallback.suits(use.role, use.complexity), use


def test_a_model_suits_its_roles_up_to_its_complexity() -> None:
    model = load().model("m")
    suited = [
        (role, complexity)
        for role in ROLES
        for complexity in COMPLEXITIES
        if model.suits(role, complexity)
    ]
    assert suited == [("coder", "low"), ("coder", "medium")]
    off = load(models=[{**MODEL, "enabled": False}]).model("m")
    assert not off.suits("coder", "low")


def test_nobody_vouches_for_a_model_that_is_not_listed() -> None:
    row = load(any_model=True, others={"free": True, "price": None})
    other = row.model("else")
    assert not any(other.suits(role, "low") for role in ROLES)
    assert other.free


def test_what_a_row_leaves_out_is_filled_in() -> None:
    row = load()
    assert (row.key_block, row.price_providers, row.priority) == ("acme-api-key", ("acme",), 5)
    assert (row.requests_per_minute, row.tokens_per_minute) == (None, None)
    own = load(key_block="team-acme", price_providers=["openai", "azure"])
    assert (own.key_block, own.price_providers) == ("team-acme", ("openai", "azure"))
    assert load(key_variable=None, key_required=False).key_block is None


def test_a_price_is_exact() -> None:
    price = load(models=[{**MODEL, "price": PRICE}]).model("m").price
    assert price is not None
    assert (price.input_usd, price.output_usd) == (Decimal("0.25"), Decimal(2))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enabled": "perhaps"}, "models.'m'.enabled: "),
        ({"name": None}, "models.None.name: "),
        ({"roles": ["coder", "coder"]}, "models.'m'.roles: Value error, 'coder' is given twice"),
        ({"roles": ["cook"]}, "models.'m'.roles.0: Input should be 'planner'"),
        ({"complexity": "extreme"}, "'low', 'medium' or 'high' (not 'extreme')"),
        ({"priority": 0}, "models.'m'.priority: "),
        ({"requests_per_minute": 0}, "models.'m'.requests_per_minute: "),
        ({"tokens_per_minute": -1}, "models.'m'.tokens_per_minute: "),
        ({"latency_seconds": 0}, "models.'m'.latency_seconds: "),
        ({"latency_seconds": float("nan")}, "models.'m'.latency_seconds: "),
        ({"reliability": 1.1}, "models.'m'.reliability: "),
        ({"reliability": 0}, "models.'m'.reliability: "),
        ({"free": True, "price": PRICE}, "models.'m': Value error, it is both free and priced"),
        ({"price": 7}, "models.'m'.price: "),
        ({"price": {**PRICE, "input_usd": -1}}, "models.'m'.price.input_usd: "),
        ({"price": {**PRICE, "output_usd": float("inf")}}, "models.'m'.price.output_usd: "),
        ({"price": {**PRICE, "as_of": "lately"}}, "models.'m'.price.as_of: "),
        ({"price": {**PRICE, "source": ""}}, "models.'m'.price.source: "),
        ({"price": {**PRICE, "currency": "EUR"}}, "models.'m'.price.currency: Extra inputs"),
        (
            {"price": {**PRICE, "input_usd": 0, "output_usd": 0}},
            "models.'m'.price: Value error, a price of nothing is written free = true",
        ),
    ],
)
def test_a_wrong_model_is_refused_with_its_row_name_and_field(
    change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match="catalogue, row 'acme': ") as refused:
        load(models=[{**MODEL, **change}])
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"priority": 0}, "priority: "),
        ({"models": ["m"]}, "models.0: "),
        ({"models": [{"wire_id": "w"}]}, "models.0.name: Field required"),
        ({"requests_per_minute": 0}, "requests_per_minute: "),
        ({"tokens_per_minute": 0.5}, "tokens_per_minute: "),
        ({"key_block": "Team Block"}, "key_block: "),
        ({"price_providers": ["a", "a"]}, "price_providers: Value error, 'a' is given twice"),
        ({"models_by_role": {"cook": "m"}}, "models_by_role.cook"),
        (
            {"models_by_role": {"coder": "n"}},
            "models_by_role: coder is 'n', but its models are: m",
        ),
        (
            {"models_by_role": {"coder": "n"}, "models": []},
            "models_by_role: coder is 'n', but its models are: none",
        ),
        (
            {"models_by_role": {"writer": "m"}},
            "models_by_role: writer is 'm', whose roles have no 'writer'",
        ),
        (
            {"protocol": "demo", "enabled": False},
            "MODEL_ROUTER_DEMO_MODE=disabled switches the demo model off",
        ),
        ({"others": {"free": True, "price": PRICE}}, "others: Value error, it is both free and"),
    ],
)
def test_a_wrong_provider_is_refused_with_its_field(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match="catalogue, row 'acme': ") as refused:
        load(**change)
    assert said in str(refused.value)


def test_what_is_switched_off_is_refused_and_says_what_to_do() -> None:
    row = load(enabled=False)
    assert not row.answers("m")
    with pytest.raises(InputError, match=r"'acme' is switched off .* or set enabled = true in its"):
        row.require_model("m")
    row = load(models=[MODEL, {**MODEL, "name": "off", "enabled": False}])
    assert row.answers("m")
    assert not row.answers("off")
    row.require_model("m")
    with pytest.raises(InputError, match="acme has the model 'off' switched off in the catalogue"):
        row.require_model("off")
