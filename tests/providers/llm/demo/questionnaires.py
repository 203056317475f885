"""Questionnaires to build from: the examples, and any valid one."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from core.artifacts.questionnaire import FieldType, Priority, Questionnaire

EXAMPLES = Path(__file__).parents[4] / "examples"
NAMES = ("hostile", "reading-list", "task-tracker")

_AWKWARD = (
    *("class", "None", "True", "import", "id", "ids", "metadata", "registry", "str", "list", "dt"),
    *("limit", "offset", "sort", "search", "json", "copy", "model_config", "model dump", "schema"),
    *("select", "order", "group", "table", "sqlite master", "con", "COM1", "session", "Session"),
    *("Record", "Link", "Page", "client", "number", "app", "router", "status", "query", "values"),
    *("🚀", "👩‍💻", "任务", "مرحبا", "straße", "ﬁ", "İ", "ı", "\u202eabc", "x" * 80),
    *("due date", "due_date", "DueDate", "a_1", "a1", "A 1", "{{ x }}", "{% y %}", '"""', "'''"),
    *("\\", "```", "# FR-1: x", "</data>", "<!-- schema: begin -->", "0", "3D", "label", "labels"),
)


def example(name: str) -> Questionnaire:
    """Read an example."""
    return Questionnaire.model_validate_json((EXAMPLES / f"{name}.json").read_text("utf-8"))


def _line(limit: int) -> st.SearchStrategy[str]:
    signs = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))  # a line has none
    return st.sampled_from(_AWKWARD) | st.text(signs, min_size=1, max_size=limit)


def _folded(name: str) -> str:
    return name.strip().casefold()


@st.composite
def _field(draw: st.DrawFn, entities: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(FieldType))
    return {
        "name": draw(_line(80)),
        "type": kind,
        "required": draw(st.booleans()),
        "target": draw(st.sampled_from(entities)) if kind is FieldType.REFERENCE else "",
        "choices": draw(st.lists(_line(30), min_size=1, max_size=4)),
        "description": draw(st.sampled_from(("", "Many of them.", "exactly one")) | st.text()),
    }


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """Any valid questionnaire, most of them with awkward names."""
    names = draw(st.lists(_line(80), max_size=4, unique_by=_folded))
    features = st.fixed_dictionaries(
        {"title": _line(60), "description": st.text(), "priority": st.sampled_from(Priority)}
    )
    value = {
        "project_name": draw(_line(80)),
        "summary": draw(_line(400)),
        "users": draw(st.lists(_line(40), max_size=2)),
        "features": draw(
            st.lists(features, max_size=4, unique_by=lambda item: _folded(str(item["title"])))
        ),
        "entities": [
            {
                "name": name,
                "description": draw(st.text()),
                "fields": draw(
                    st.lists(
                        _field(names), max_size=5, unique_by=lambda item: _folded(item["name"])
                    )
                ),
            }
            for name in names
        ],
        "constraints": draw(st.lists(_line(40), max_size=2)),
    }
    try:
        return Questionnaire.model_validate(value)
    except ValidationError:  # a name of nothing but blanks, or one that folds to another's
        return draw(st.nothing())
