"""How an operator's file is laid over the shipped catalogue, and how a wrong one is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from providers.llm.catalogue import (
    Catalogue,
    load_catalogue,
    open_catalogue,
    read_catalogue_rows,
)
from providers.llm.catalogue_file import merge_rows

NO_VARIABLES: dict[str, str] = {}


def open_text(folder: Path, text: str, variables: dict[str, str] = NO_VARIABLES) -> Catalogue:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return open_catalogue(file, variables.get)


def test_without_a_file_the_shipped_rows_stand() -> None:
    shipped = load_catalogue(read_catalogue_rows(), NO_VARIABLES.get)
    assert list(open_catalogue(None, NO_VARIABLES.get)) == list(shipped)


def test_a_new_row_is_added_below_the_shipped_ones(tmp_path: Path) -> None:
    text = """
[[providers]]
name = "acme"
protocol = "anthropic"
base_url = "https://acme.test"
key_variable = "ACME_KEY"
"""
    catalogue = open_text(tmp_path, text)
    shipped = open_catalogue(None, NO_VARIABLES.get)
    assert list(catalogue.names) == [*shipped.names, "acme"]
    assert list(catalogue)[:-1] == list(shipped)
    assert catalogue["acme"].protocol == "anthropic"


def test_given_fields_replace_shipped_ones_and_the_rest_stays(tmp_path: Path) -> None:
    text = """
[[providers]]
name = "openai"
priority = 7
tokens_per_minute = 2000000
[providers.models_by_role]
coder = "gpt-5-mini"
[providers.others]
context_tokens = 64000
[[providers.models]]
name = "gpt-4o"
requests_per_minute = 10000
price = { input_usd = 2.2, output_usd = 9, as_of = 2026-11-01, source = "our contract" }
[[providers.models]]
name = "gpt-new"
wire_id = "gpt-new-2027"
roles = ["coder"]
"""
    shipped = open_catalogue(None, NO_VARIABLES.get)["openai"]
    row = open_text(tmp_path, text)["openai"]
    assert (row.priority, row.tokens_per_minute) == (7, 2_000_000)
    assert row.base_url == shipped.base_url
    assert row.models_by_role == {**shipped.models_by_role, "coder": "gpt-5-mini"}
    assert row.others == shipped.others.model_copy(update={"context_tokens": 64_000})
    assert [model.name for model in row.models] == ["gpt-5-mini", "gpt-4o", "gpt-new"]
    assert row.model("gpt-5-mini") == shipped.model("gpt-5-mini")
    changed = row.model("gpt-4o")
    assert changed.requests_per_minute == 10_000
    assert changed.price is not None
    assert changed.price.input_usd == Decimal("2.2")
    assert changed.price.as_of == date(2026, 11, 1)
    unchanged = {"requests_per_minute", "price"}
    assert changed.model_dump(exclude=unchanged) == shipped.model("gpt-4o").model_dump(
        exclude=unchanged
    )


def test_free_and_a_price_take_each_others_place(tmp_path: Path) -> None:
    text = """
[[providers]]
name = "zukijourney"
[[providers.models]]
name = "gpt-4o"
free = true
[[providers]]
name = "local"
[providers.others]
price = { input_usd = 1, output_usd = 1, as_of = 2026-11-01, source = "power" }
"""
    catalogue = open_text(tmp_path, text)
    assert catalogue["zukijourney"].model("gpt-4o").free
    assert catalogue["zukijourney"].model("gpt-4o").price is None
    assert not catalogue["local"].model("any").free
    assert catalogue["local"].model("any").price is not None


def test_an_address_of_ones_own_is_not_gone(tmp_path: Path) -> None:
    text = '[[providers]]\nname = "github-models"\nbase_url = "http://own.test/v1"\n'
    row = open_text(tmp_path, text)["github-models"]
    assert (row.base_url, row.gone, row.instead) == ("http://own.test/v1", "", "")
    assert open_catalogue(None, NO_VARIABLES.get)["github-models"].gone


def test_a_variable_still_replaces_the_address(tmp_path: Path) -> None:
    text = '[[providers]]\nname = "openai"\nbase_url = "http://file.test/v1"\n'
    variables = {"OPENAI_BASE_URL": "http://variable.test/v1"}
    assert open_text(tmp_path, text, variables)["openai"].base_url == "http://variable.test/v1"


ROW = '[[providers]]\nname = "acme"\n'
WHOLE = ROW + 'protocol = "openai-compatible"\nbase_url = "http://a.test"\nkey_required = false\n'
MODEL = '[[providers.models]]\nname = "m"\nwire_id = "w"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[providers", "it is not TOML: "),
        ("", "it has no row; rows begin with [[providers]]"),
        ("providers = 7", "it has no row"),
        ("providers = []", "it has no row"),
        (ROW + "[settings]", "'settings' is not known"),
        ('[[providers]]\nprotocol = "demo"', "row 'number 1': name: it needs one"),
        (WHOLE + WHOLE, "row 'acme': an earlier row has this name"),
        (WHOLE + "models = 7", "row 'acme': models: they are written as [[providers.models]]"),
        (WHOLE + "[[providers.models]]", "row 'acme': model number 1: name: it needs one"),
        (WHOLE + MODEL + MODEL, "row 'acme': the model 'm' is there twice"),
        (ROW, "row 'acme': protocol: Field required"),
        (WHOLE + MODEL + "rolls = 1", "row 'acme': models.'m'.rolls: Extra inputs are not"),
        (
            WHOLE + MODEL + 'roles = ["poet"]',
            "row 'acme': models.'m'.roles.0: Input should be 'planner', 'writer', 'reviewer', "
            "'coder' or 'debugger' (not 'poet')",
        ),
        (
            '[[providers]]\nname = "openai"\npriority = 0',
            "row 'openai': priority: Input should be greater than or equal to 1 (not 0)",
        ),
        ('[[providers]]\nname = "openai"\nothers = 7', "row 'openai': others: "),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_row_and_field(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_text(tmp_path, text)
    assert str(refused.value).startswith(f"catalogue {tmp_path / 'own.toml'}")
    assert said in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"none.toml \(APP_BUILDER_CATALOGUE\): .* No such"
    ):
        open_catalogue(tmp_path / "none.toml", NO_VARIABLES.get)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is not TOML"):
        open_catalogue(tmp_path / "binary.toml", NO_VARIABLES.get)


@given(st.sets(st.sampled_from([row["name"] for row in read_catalogue_rows()])), st.integers(1, 9))
def test_only_what_is_named_changes(names: set[str], priority: int) -> None:
    own: list[dict[str, Any]] = [{"name": name, "priority": priority} for name in sorted(names)]
    merged = merge_rows(read_catalogue_rows(), own)
    for before, after in zip(read_catalogue_rows(), merged, strict=True):
        assert after == ({**before, "priority": priority} if before["name"] in names else before)
