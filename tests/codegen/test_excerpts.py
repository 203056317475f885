from hypothesis import given
from hypothesis import strategies as st

from codegen.excerpts import docs_excerpt, schema_excerpt, spec_excerpt
from core.artifacts.schema import Schema
from tests.codegen.structures import SCHEMA, SPEC

DOCS = """# Task Tracker

## Overview

For teams.

## Requirements

### FR-1: Keep tasks

One.

```bash
# FR-2 is no heading here
```

### FR-2: Keep projects

Two.

### FR-12: Something else

Twelve.

## Entities

### Task

A task.

### Project

A project.
"""


def test_only_what_concerns_the_file_is_cut() -> None:
    excerpt = docs_excerpt(DOCS, requirements={"FR-1"}, entities={"Task"})
    assert excerpt.startswith("## Overview\n\nFor teams.\n\n### FR-1: Keep tasks")
    assert "# FR-2 is no heading here" in excerpt
    assert "A task." in excerpt
    for foreign in ("Two.", "Twelve.", "A project."):
        assert foreign not in excerpt


def test_a_file_about_nothing_gets_the_overview() -> None:
    assert docs_excerpt(DOCS, requirements=(), entities=()) == "## Overview\n\nFor teams."


def test_an_excerpt_is_bounded_and_cut_between_sections() -> None:
    excerpt = docs_excerpt(DOCS, requirements={"FR-1", "FR-2"}, entities=(), limit=60)
    assert "One." not in excerpt
    long = docs_excerpt("## Overview\n" + "x" * 500, requirements=(), entities=(), limit=100)
    assert len(long) == 100


def test_related_entities_are_there_without_their_own_relations() -> None:
    task = schema_excerpt(SCHEMA, {"Task"})
    assert [(entity.name, len(entity.relations)) for entity in task.entities] == [
        ("Task", 1),
        ("Project", 0),
    ]
    assert [endpoint.path for endpoint in task.endpoints] == ["/api/tasks"]


def test_entities_that_point_to_the_wanted_one_are_there_too() -> None:
    project = schema_excerpt(SCHEMA, {"Project"})
    assert [entity.name for entity in project.entities] == ["Task", "Project"]
    assert [endpoint.path for endpoint in project.endpoints] == ["/api/projects"]


def test_a_file_without_entities_gets_no_entity() -> None:
    assert schema_excerpt(SCHEMA, ()) == Schema()


def test_a_spec_excerpt_stays_a_valid_spec() -> None:
    excerpt = spec_excerpt(SPEC, requirements={"FR-2"}, entities={"Project"})
    assert type(SPEC).model_validate_json(excerpt.model_dump_json()) == excerpt
    assert excerpt.requirements[0].description == ""
    assert excerpt.requirements[1] == SPEC.requirements[1]
    assert excerpt.entities[0].fields == ()
    assert excerpt.entities[1] == SPEC.entities[1]


@given(st.text(st.sampled_from("# FR-1\nTask `~overview")), st.integers(1, 50))
def test_any_document_is_cut_within_its_bound_by_whole_lines(docs: str, limit: int) -> None:
    excerpt = docs_excerpt(docs, requirements={"FR-1"}, entities={"Task"}, limit=limit)
    assert len(excerpt) <= limit + 2 * docs.count("\n") + 2
