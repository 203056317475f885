"""The catalogue as it stands, and how wrong rows are refused."""

from typing import Any

import pytest

from core.errors import ConfigurationError, InputError
from core.stages import load_stage_table, read_stage_rows
from providers.llm.catalogue import Catalogue, load_catalogue, read_catalogue_rows

ROW: dict[str, Any] = {
    "name": "acme",
    "protocol": "openai-compatible",
    "base_url": "https://acme.test/v1/",
    "key_variable": "ACME_API_KEY",
    "models": [{"name": "small", "wire_id": "acme-small-2", "structured_output": "json_object"}],
    "others": {"max_output_tokens": 100},
}


def load(*rows: dict[str, Any], **variables: str) -> Catalogue:
    return load_catalogue(list(rows), variables.get)


def test_every_model_of_the_stage_table_has_an_entry() -> None:
    catalogue = load(*read_catalogue_rows())
    rows = read_stage_rows()
    templates = [use["template"] for row in rows for use in row.get("models", ())]
    table = load_stage_table(rows, providers=catalogue.names, templates=templates)
    asked = {
        (provider, model)
        for stage in table.stages
        for use in stage.models
        for provider, model in (
            (use.provider, use.model),
            (use.fallback_provider, use.fallback_model),
        )
        if provider is not None
    }
    listed = {(row.name, model.name) for row in catalogue for model in row.models}
    assert asked <= listed


def test_the_catalogue_has_every_provider_people_know() -> None:
    catalogue = load(*read_catalogue_rows())
    assert {row.name: row.key_variable for row in catalogue} == {
        "openrouter": "OPENROUTER_API_KEY",
        "deepseek": "DEEPSEEK_API_KEY",
        "zukijourney": "ZUKIJOURNEY_API_KEY",
        "github-models": "GITHUB_MODELS_TOKEN",
        "openai": "OPENAI_API_KEY",
        "anthropic": "ANTHROPIC_API_KEY",
        "huggingface": "HUGGINGFACE_API_KEY",
        "gemini": "GEMINI_API_KEY",
        "local": "LOCAL_LLM_API_KEY",
        "demo": None,
    }
    assert catalogue["local"].base_url == ""
    assert not catalogue["local"].key_required


def test_maps_a_model_to_its_wire_id_and_back_to_its_traits() -> None:
    provider = load(ROW)["acme"]
    assert provider.base_url == "https://acme.test/v1"
    assert provider.model("small").wire_id == "acme-small-2"
    assert provider.model_on_wire("acme-small-2") == provider.model("small")


def test_an_unlisted_model_is_sent_as_it_stands_with_the_traits_of_others() -> None:
    provider = load(ROW)["acme"]
    model = provider.model("vendor/new-model")
    assert (model.name, model.wire_id) == ("vendor/new-model", "vendor/new-model")
    assert model.max_output_tokens == 100
    assert provider.model_on_wire("vendor/new-model").max_output_tokens == 100


@pytest.mark.parametrize(
    ("provider", "model", "said"),
    [
        ("deepseek", "deepsek-v33", r"no model 'deepsek-v33'; did you mean 'deepseek-v3'\?"),
        ("openai", "gpt-4", r"did you mean 'gpt-4o'\? there are gpt-5-mini, gpt-4o "),
        ("gemini", "nothing-like-it", "'nothing-like-it'; there are gemini-3-pro "),
        ("demo", "a", "no model 'a'; there are demo "),
    ],
)
def test_a_model_that_a_closed_row_does_not_list_is_refused(
    provider: str, model: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load(*read_catalogue_rows())[provider].require_model(model)


def test_open_rows_and_rows_that_list_nothing_take_any_model() -> None:
    catalogue = load(*read_catalogue_rows())
    for row in catalogue:
        for model in row.models:
            row.require_model(model.name)
    for name in ("openrouter", "huggingface", "local"):
        catalogue[name].require_model("any/model")
    load({**ROW, "models": []})["acme"].require_model("any/model")


def test_what_is_gone_leads_to_a_provider_that_answers() -> None:
    catalogue = load(*read_catalogue_rows())
    gone = [row for row in catalogue if row.gone]
    assert [row.name for row in gone] == ["github-models"]
    for row in gone:
        provider, _, model = row.instead.partition("/")
        assert not catalogue[provider].gone
        assert model in {listed.name for listed in catalogue[provider].models}


def test_a_server_of_ones_own_is_not_gone() -> None:
    row = {**ROW, "base_url_variable": "ACME_URL", "gone": "shut", "instead": "demo/demo"}
    assert load(row)["acme"].gone == "shut"
    own = load(row, ACME_URL="http://own.test")["acme"]
    assert (own.gone, own.instead) == ("", "")


def test_a_variable_replaces_the_base_url() -> None:
    row = {**ROW, "base_url_variable": "ACME_URL"}
    assert load(row)["acme"].base_url == "https://acme.test/v1"
    assert load(row, ACME_URL="http://[::1]:8080/v1/")["acme"].base_url == "http://[::1]:8080/v1"


def test_an_unknown_provider_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no provider 'nobody'; there are acme"):
        load(ROW)["nobody"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"protocol": "telepathy"}, "protocol"),
        ({"colour": "red"}, "colour"),
        ({"base_url": ""}, "it needs base_url or base_url_variable"),
        ({"base_url": "ftp://acme.test"}, "'ftp://acme.test' must be an http"),
        ({"base_url": "https:///v1"}, "with a host"),
        ({"base_url": "https://acme.test:99999"}, "must be an http"),
        ({"base_url": "https://acme.test/?a=1"}, "neither a query nor a fragment"),
        ({"key_variable": None}, "it needs key_variable, or key_required = false"),
        ({"key_variable": "acme key"}, "key_variable"),
        ({"key_variable": "APP_BUILDER_KEY"}, "'APP_BUILDER_KEY' must not begin with APP_BUILDER_"),
        ({"base_url_variable": "APP_BUILDER_URL"}, "must not begin with APP_BUILDER_, as settings"),
        (
            {"models": [{"name": "a", "wire_id": "b"}, {"name": "a", "wire_id": "c"}]},
            "'a' is there",
        ),
        ({"models": [{"name": "a", "wire_id": ""}]}, "models.'a'.wire_id"),
        ({"gone": "shut down"}, "gone and instead need each other"),
        ({"others": {"prompt_format": "chatml"}}, "only the protocol 'huggingface'"),
        ({"others": {"max_output_tokens": 9, "context_tokens": 8}}, "must not be above"),
    ],
)
def test_a_wrong_row_is_refused_by_name(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match="catalogue, row 'acme'") as caught:
        load({**ROW, **change})
    assert problem in str(caught.value)


def test_a_row_without_a_name_is_refused_by_its_place() -> None:
    with pytest.raises(ConfigurationError, match="row 'number 2': name: Field required"):
        load(ROW, {"protocol": "demo"})


def test_a_name_taken_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="row 'acme': an earlier row"):
        load(ROW, ROW)


def test_a_wrong_variable_is_refused_without_showing_a_password() -> None:
    row = {**ROW, "base_url_variable": "ACME_URL"}
    with pytest.raises(ConfigurationError, match="ACME_URL: 'acme' must be an http") as caught:
        load(row, ACME_URL="acme")
    with pytest.raises(ConfigurationError, match=r"ACME_URL: .* user or password") as caught:
        load(row, ACME_URL="https://me:hunter2@acme.test")
    assert "hunter2" not in str(caught.value)
