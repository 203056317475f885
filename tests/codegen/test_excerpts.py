from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codegen.excerpts import docs_excerpt, schema_excerpt, spec_excerpt, structure_excerpt
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import Relation
from core.artifacts.structure import FileContract, FileStructure, Import, Module
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


def test_without_a_bound_nothing_is_cut() -> None:
    docs = "".join(f"### FR-{n}: Part\n\n{'x' * 2_000}\n\n" for n in range(1, 13))
    asked = {f"FR-{n}" for n in range(1, 13)}
    assert docs_excerpt(docs, requirements=asked, entities=(), limit=None) == docs.strip()
    assert len(docs_excerpt(docs, requirements=asked, entities=())) < 13_000


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


def test_a_served_endpoint_is_there_with_its_entity_and_none_other_of_that() -> None:
    more = Endpoint(method="POST", path="/api/tasks/{task_id}/projects", entity="Project")
    schema = Schema(entities=SCHEMA.entities, endpoints=(*SCHEMA.endpoints, more))
    excerpt = schema_excerpt(schema, {"Task"}, [more.id])
    assert [endpoint.id for endpoint in excerpt.endpoints] == ["GET /api/tasks", more.id]
    assert excerpt.entities == SCHEMA.entities, "both whole"
    assert schema_excerpt(schema, {"Task"}).endpoints == excerpt.endpoints[:1]


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


def many_modules(number: int) -> tuple[FileStructure, Schema]:
    """A foundation, and a module for each of many entities that have nothing to do with another."""
    names = [f"E{n}" for n in range(number)]
    records = tuple(
        Module(
            name=f"{name.lower()}-records",
            purpose="p",
            entities=(name,),
            files=tuple(FileContract(path=f"app/{name}/{n}.py", purpose="p") for n in range(4)),
        )
        for name in names
    )
    base = Module(
        name="foundation", purpose="p", files=(FileContract(path="app/db.py", purpose="p"),)
    )
    schema = Schema(entities=tuple(StoredEntity(name=name, table=name.lower()) for name in names))
    return FileStructure(modules=(base, *records)), schema


def shown(structure: FileStructure) -> list[str]:
    return [module.name for module in structure.modules if module.files]


def test_a_module_is_shown_only_the_files_that_concern_it() -> None:
    structure, schema = many_modules(5)
    excerpt = structure_excerpt(structure, schema, structure.modules[2])
    assert shown(excerpt) == ["foundation", "e1-records"]
    assert len(excerpt.modules) == 6, "the others are there by name"


def test_modules_of_related_entities_and_of_imported_files_are_shown() -> None:
    structure, schema = many_modules(5)
    related = schema.entities[3].model_copy(
        update={"relations": (Relation(name="e", target="E1"),)}
    )
    schema = Schema(entities=(*schema.entities[:3], related, schema.entities[4]))
    importing = FileContract(path="x.py", purpose="p", imports=(Import(path="app/E4/0.py"),))
    module = structure.modules[2].model_copy(update={"files": (importing,)})
    excerpt = structure_excerpt(structure, schema, module)
    assert shown(excerpt) == ["foundation", "e1-records", "e3-records", "e4-records"]


def test_what_a_module_is_shown_of_files_does_not_grow_with_their_number() -> None:
    def files(number: int) -> int:
        structure, schema = many_modules(number)
        return len(structure_excerpt(structure, schema, structure.modules[2]).files)

    assert files(10) == files(100)


def chained(module: Module) -> Module:
    """The module with each of its files importing the one before."""
    files = tuple(
        file.model_copy(update={"imports": (Import(path=before.path),)})
        for before, file in pairwise(module.files)
    )
    return module.model_copy(update={"files": (module.files[0], *files)})


def test_a_module_about_everything_is_shown_no_thousand_files() -> None:
    structure, schema = many_modules(250)
    base, *records = structure.modules
    everything = Module(name="application", purpose="p")
    importing = FileContract(path="x.py", purpose="p", imports=(Import(path="app/E7/1.py"),))
    modules = (base, *map(chained, records), everything.model_copy(update={"files": (importing,)}))
    excerpt = structure_excerpt(FileStructure(modules=modules), schema, modules[-1])
    assert len(structure.files) == 1_001
    assert {file.path for file in excerpt.files} == {
        "app/db.py",
        "x.py",
        "app/E7/1.py",
        *(f"app/E{n}/3.py" for n in range(250)),
    }


def test_in_a_small_structure_a_module_about_everything_is_shown_every_file() -> None:
    structure, schema = many_modules(5)
    chained_modules = FileStructure(modules=tuple(map(chained, structure.modules)))
    everything = Module(name="application", purpose="p")
    assert structure_excerpt(chained_modules, schema, everything).files == structure.files
