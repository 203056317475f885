from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import ConfigurationError, InputError
from core.stages import StageTable, load_stage_table, read_stage_rows

PROVIDERS = {"huggingface", "zukijourney", "github-models", "deepseek", "gemini", "openai"}
USE = {
    "template": "schema-generator",
    "role": "planner",
    "complexity": "high",
    "provider": "openai",
    "model": "m",
}
TEMPLATES = {use["template"] for row in read_stage_rows() for use in row.get("models", [])}


def load(rows: list[dict[str, Any]]) -> StageTable:
    return load_stage_table(rows, providers=PROVIDERS, templates=TEMPLATES)


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return read_stage_rows()


def test_shipped_table_has_the_stages_people_know(rows: list[dict[str, Any]]) -> None:
    known = [
        "0 questionnaire",
        "1 clarifier",
        "1.5 normalizer",
        "2 docs-creator",
        "3 schema-generator",
        "3.5 structural-validator",
        "4 file-structure-generator",
        "5 validator",
        "6 empty-file-creation",
        "7 code-generation",
        "7.5 test-and-self-fix",
        "8 repo-creation",
    ]
    assert [stage.label for stage in load(rows).stages if stage.label in known] == known


def test_every_template_has_its_role_and_complexity(rows: list[dict[str, Any]]) -> None:
    uses = [use for stage in load(rows).stages for use in stage.models]
    known = {
        "clarifier": ("planner", "low"),
        "normalizer": ("planner", "low"),
        "docs-creator": ("writer", "medium"),
        "schema-generator": ("planner", "high"),
        "structural-validator": ("reviewer", "medium"),
        "file-structure-generator": ("planner", "high"),
        "validator": ("reviewer", "high"),
        "prompt-builder": ("writer", "low"),
        "coder": ("coder", "high"),
        "debugger": ("debugger", "high"),
    }
    shipped = {use.template: (use.role, use.complexity) for use in uses}
    assert {template: shipped[template] for template in known} == known


def test_another_model_keeps_the_role(rows: list[dict[str, Any]]) -> None:
    table = load(rows).with_models({"all": "openai/gpt-x"}, PROVIDERS)
    for before, after in zip(load(rows).stages, table.stages, strict=True):
        for use, chosen in zip(before.models, after.models, strict=True):
            assert (chosen.role, chosen.complexity) == (use.role, use.complexity)


def test_every_stage_is_tried_three_times(rows: list[dict[str, Any]]) -> None:
    assert {stage.retry_delays for stage in load(rows).stages} == {(0.5, 1.5)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": "x"}, "row 'x schema-generator': number"),
        ({"number": "0.5"}, "its number must be above 2"),
        ({"name": "docs-creator"}, "the name 'docs-creator' is taken"),
        ({"reads": ["specs/none.json"]}, "reads 'specs/none.json', which no earlier stage writes"),
        ({"surprise": 1}, "row '3 schema-generator': surprise"),
        ({"task": "no colon"}, "row '3 schema-generator': task"),
        ({"timeout_seconds": 0}, "row '3 schema-generator': timeout_seconds"),
        ({"timeout_seconds": float("inf")}, "row '3 schema-generator': timeout_seconds"),
        ({"timeout_seconds": float("nan")}, "row '3 schema-generator': timeout_seconds"),
        ({"retry_delays": [0.5, -1]}, "row '3 schema-generator': retry_delays.1: "),
        ({"retry_delays": [float("inf")]}, "row '3 schema-generator': retry_delays.0: "),
        ({"writes": []}, "row '3 schema-generator': writes: "),
        (
            {"writes": ["specs/schema.json", "specs/schema.json"]},
            "row '3 schema-generator': writes: Value error, 'specs/schema.json' is given twice",
        ),
        (
            {"reads": ["docs/docs.md", "docs/docs.md"]},
            "row '3 schema-generator': reads: Value error, 'docs/docs.md' is given twice",
        ),
        (
            {"models": [{**USE, "provider": "nobody"}]},
            "row '3 schema-generator': unknown provider 'nobody'",
        ),
        (
            {"models": [{**USE, "template": "none"}]},
            "row '3 schema-generator': there is no template 'none'",
        ),
        (
            {"models": [{**USE, "template": "clarifier"}]},
            "the template 'clarifier' belongs to an earlier row",
        ),
        (
            {"models": [{**USE, "fallback_provider": "openai"}]},
            "a fallback needs both",
        ),
        (
            {"models": [{**USE, "fallback_provider": "nobody", "fallback_model": "m"}]},
            "unknown provider 'nobody'",
        ),
        (
            {"models": [{**USE, "role": "poet"}]},
            "row '3 schema-generator': models.0.role: Input should be 'planner', 'writer', "
            "'reviewer', 'coder' or 'debugger' (not 'poet')",
        ),
        (
            {"models": [{**USE, "complexity": "extreme"}]},
            "models.0.complexity: Input should be 'low', 'medium' or 'high' (not 'extreme')",
        ),
        (
            {"models": [{name: text for name, text in USE.items() if name != "role"}]},
            "models.0.role: Field required",
        ),
    ],
)
def test_wrong_row_is_refused_by_name(
    rows: list[dict[str, Any]], change: dict[str, Any], said: str
) -> None:
    row = next(row for row in rows if row["number"] == "3")
    row |= change
    with pytest.raises(ConfigurationError) as refused:
        load(rows)
    assert said in str(refused.value)


@pytest.mark.parametrize("field", ["reads", "writes"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/specs/schema.json",
        "specs//schema.json",
        "./specs/schema.json",
        "specs/../schema.json",
        "Specs/schema.json",
        "specs\\schema.json",
        "specs/schema.json\n",
        "specs/schema",
        "code//",
    ],
)
def test_a_path_is_written_in_one_way_only(
    rows: list[dict[str, Any]], field: str, path: str
) -> None:
    next(row for row in rows if row["number"] == "3")[field] = [path]
    with pytest.raises(ConfigurationError) as refused:
        load(rows)
    said = str(refused.value)
    assert said.startswith(f"stage table, row '3 schema-generator': {field}.0: ")
    assert said.endswith(f"(not {path!r})")


def test_only_one_stage_fans_out(rows: list[dict[str, Any]]) -> None:
    next(row for row in rows if row["number"] == "8")["fan_out"] = True
    with pytest.raises(ConfigurationError, match="row '8 repo-creation': only one stage can fan"):
        load(rows)


def test_a_table_without_a_row_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="stage table: it has no row"):
        load([])


def test_model_is_overridden_by_stage_and_by_template(rows: list[dict[str, Any]]) -> None:
    table = load(rows).with_models({"3": "openai/gpt-x", "coder": "deepseek/org/model"}, PROVIDERS)
    assert table["3"].models[0].provider == "openai"
    assert table["3"].models[0].model == "gpt-x"
    assert table["7"].model_use("coder").model == "org/model"
    assert table["7"].model_use("prompt-builder") == load(rows)["7"].model_use("prompt-builder")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("9", "openai/m", "'9' is neither a stage that asks a model"),
        ("0", "openai/m", "'0' is neither a stage that asks a model"),
        ("7", "openai/m", "say 'prompt-builder' or 'coder' instead"),
        ("3", "openai", "must be provider/model"),
        ("3", "/m", "must be provider/model"),
        ("3", "nobody/m", "unknown provider 'nobody'"),
    ],
)
def test_wrong_override_is_refused(
    rows: list[dict[str, Any]], key: str, value: str, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        load(rows).with_models({key: value}, PROVIDERS)
    assert said in str(refused.value)


def test_unknown_stage_names_the_known_ones(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match=r"no stage '4.2'; the stages are 0, 1, 1.5"):
        load(rows).position("4.2")


def test_template_of_another_stage_is_no_use_of_this_one(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(KeyError):
        load(rows)["3"].model_use("coder")


keys = st.sampled_from([*sorted(TEMPLATES), *(row["number"] for row in read_stage_rows())])
values = st.builds("{}/{}".format, st.sampled_from(sorted(PROVIDERS)), st.text(min_size=1))


@given(keys | st.text(), values | st.text())
@example("coder", "openai/gpt-x")
@example("7", "openai/gpt-x")
def test_any_override_is_taken_by_its_templates_or_refused_as_input(key: str, value: str) -> None:
    table = load(read_stage_rows())
    try:
        changed = table.with_models({key: value}, PROVIDERS)
    except InputError:
        asks = [stage for stage in table.stages if stage.number == key and len(stage.models) == 1]
        usable = value.partition("/")[0] in PROVIDERS and value.partition("/")[2]
        assert not usable or not (key in TEMPLATES or asks)
        return
    for before, after in zip(table.stages, changed.stages, strict=True):
        for use, chosen in zip(before.models, after.models, strict=True):
            asked = key in {use.template, before.number}
            expected = value if asked else f"{use.provider}/{use.model}"
            assert f"{chosen.provider}/{chosen.model}" == expected
