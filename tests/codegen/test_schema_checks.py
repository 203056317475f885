import pytest
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from codegen.legal_names import SQL_RESERVED
from codegen.schema_checks import (
    check_edited_schema,
    check_schema,
    check_schema_part,
    check_spec,
)
from core.artifacts.answers import SchemaPart
from core.artifacts.questionnaire import Stack
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Relation, SpecEntity, SpecField
from core.artifacts.structure import Severity, StructuralIssue
from tests.codegen.structures import SCHEMA, SPEC


def said(issues: list[StructuralIssue]) -> list[tuple[str, str]]:
    return [(issue.place, issue.message) for issue in issues]


def test_what_fits_together_has_no_issues() -> None:
    assert check_spec(SPEC) == []
    assert check_schema(SPEC, SCHEMA) == []


def test_schema_must_hold_every_entity_and_only_known_requirements() -> None:
    schema = SCHEMA.model_copy(
        update={
            "entities": SCHEMA.entities[1:],
            "endpoints": (Endpoint(method="GET", path="/x", requirements=("FR-9",)),),
        }
    )
    assert said(check_schema(SPEC, schema)) == [
        ("Task", "the spec has the entity 'Task', the schema does not"),
        ("GET /x", "it serves FR-9, which is not a requirement"),
    ]


def test_a_person_may_leave_an_entity_out_of_the_schema_but_is_told() -> None:
    schema = SCHEMA.model_copy(
        update={
            "entities": SCHEMA.entities[1:],
            "endpoints": (Endpoint(method="GET", path="/x", requirements=("FR-9",)),),
        }
    )
    issues = check_edited_schema(SPEC, schema)
    assert [(issue.place, issue.severity) for issue in issues] == [
        ("Task", Severity.WARNING),
        ("GET /x", Severity.ERROR),
    ]
    assert len({issue.id for issue in issues}) == 2
    assert "leaves it out" in issues[0].message


def test_a_part_of_the_schema_names_only_what_the_spec_has() -> None:
    relation = SCHEMA.entities[0].relations[0].model_copy(update={"target": "X"})
    part = SchemaPart(
        entities=(SCHEMA.entities[0].model_copy(update={"relations": (relation,)}),),
        endpoints=(Endpoint(method="GET", path="/x", entity="Y", requirements=("FR-1", "FR-9")),),
    )
    assert said(check_schema_part(SPEC, part)) == [
        ("Task", "its relation 'project' points to 'X', which is no entity"),
        ("GET /x", "it serves 'Y', which is no entity"),
        ("GET /x", "it serves FR-9, which is not a requirement"),
    ]
    whole = SchemaPart(entities=SCHEMA.entities, endpoints=SCHEMA.endpoints)
    assert check_schema_part(SPEC, whole) == []


def entity(name: str, *fields: str, table: str = "", **relations: str) -> StoredEntity:
    return StoredEntity(
        name=name,
        table=table or f"{name.lower()}s",
        fields=tuple(SpecField(name=field) for field in fields),
        relations=tuple(
            Relation.model_validate({"name": relation, "target": "Project", "kind": kind})
            for relation, kind in relations.items()
        ),
    )


def problems_of(*entities: StoredEntity, stack: Stack | None = None) -> list[str]:
    spec = CleanSpec(
        project_name="T",
        slug="t",
        summary="s",
        requirements=(SPEC.requirements[0].model_copy(update={"entities": ()}),),
        entities=(
            *(SpecEntity.model_validate(item.model_dump()) for item in entities),
            SpecEntity(name="Project"),
        ),
        stack=stack or Stack(),
    )
    found = check_spec(spec)
    assert all(issue.suggestion and issue.source == "check" for issue in found)
    return [issue.message for issue in found]


def test_names_must_not_be_reserved_in_the_language_of_the_server() -> None:
    task = entity("Task", "class", "default")
    assert problems_of(task) == ["the name 'class' is a reserved word of Python"]
    assert problems_of(task, stack=Stack(backend="express")) == [
        "the name 'class' is a reserved word of JavaScript",
        "the name 'default' is a reserved word of JavaScript",
    ]
    assert problems_of(entity("None", "a")) == ["the name 'None' is a reserved word of Python"]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (entity("Task", "due_date", "due__date"), "one name in code ('dueDate')"),
        (entity("Task", "a1", "a_1"), "one name in code ('a1')"),
        (entity("Task", "project_id", project="many_to_one"), "the relation 'project' is stored"),
        (entity("Task", "label_ids", labels="many_to_many"), "the relation 'labels' is stored"),
        (entity("Task", "id"), "every entity has without being told"),
    ],
)
def test_names_must_not_meet_in_code_or_columns(item: StoredEntity, told: str) -> None:
    (message,) = problems_of(item)
    assert told in message


def test_names_that_only_look_alike_are_no_problem() -> None:
    assert problems_of(entity("Task", "due_date", "date_due", "duedate", "a_1b", "a1_b")) == []


def part_of(*endpoints: str, earlier: str = "", stack: Stack | None = None) -> list[str]:
    def served(texts: tuple[str, ...]) -> SchemaPart:
        pairs = (text.split(" ") for text in texts)
        return SchemaPart(
            endpoints=tuple(
                Endpoint.model_validate({"method": method, "path": path}) for method, path in pairs
            )
        )

    spec = SPEC.model_copy(update={"stack": stack or Stack()})
    before = [served((earlier,))] if earlier else []
    return [issue.message for issue in check_schema_part(spec, served(endpoints), before)]


@pytest.mark.parametrize(
    "path", ["/", "/api/tasks", "/api/tasks/{task_id}.csv", "/api/tasks:search", "/a/{x}/b/{y}"]
)
def test_usual_paths_are_no_problem(path: str) -> None:
    assert part_of(f"GET {path}") == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api//tasks", "has the part ''"),
        ("/api/tasks/", "has the part ''"),
        ("/api/../tasks", "has the part '..'"),
        ("/api/tasks?done=1", "has the part 'tasks?done=1'"),
        ("/api/tasks/:id", "has the part ':id'"),
        ("/api/tasks/{id", "has the part '{id'"),
        ("/api/tasks/{task-id}", "parameter 'task-id' is no name"),
        ("/api/tasks/{}", "parameter '' is no name"),
        ("/api/tasks/{class}", "parameter 'class' is no name"),
        ("/api/{id}/tasks/{id}", "parameter 'id' is there twice"),
    ],
)
def test_paths_of_endpoints_must_be_legal(path: str, told: str) -> None:
    assert any(told in message for message in part_of(f"GET {path}"))


def test_endpoints_must_differ_for_a_router() -> None:
    assert part_of("GET /api/tasks/{id}", "GET /API/tasks/{task_id}") == [
        "a router cannot tell it from GET /api/tasks/{id}"
    ]
    assert part_of("GET /api/x", earlier="GET /api/X") == [
        "a router cannot tell it from GET /api/X"
    ]
    assert part_of("GET /api/tasks/{id}", "PUT /api/tasks/{id}", "GET /api/tasks/new") == []


def test_tables_must_differ_and_be_legal() -> None:
    before = SchemaPart(entities=(entity("Project", "a", table="line_items"),))
    part = SchemaPart(entities=(entity("Task", "a", table="line__items"),))
    (issue,) = check_schema_part(SPEC, part, [before])
    assert issue.message == "its table 'line__items' is that of 'Project' already"
    hidden = SchemaPart(entities=(entity("Task", "a", table="sqlite_tasks"),))
    (issue,) = check_schema_part(SPEC, hidden)
    assert "SQLite keeps for itself" in issue.message


def test_what_needs_care_is_a_warning() -> None:
    task = entity("Task", "order", "project_id", "code_id", table="tasks")
    schema = Schema(entities=(task, entity("Project", "title")))
    issues = check_schema(SPEC, schema)
    assert {issue.severity for issue in issues} == {Severity.WARNING}
    assert [issue.message for issue in issues] == [
        "'order' is a reserved word of SQL",
        "its field 'project_id' looks like a reference to 'Project', and nothing keeps it from "
        "naming a record that does not exist",
    ]
    none = SPEC.model_copy(update={"stack": Stack(database="none")})
    assert len(check_schema(none, schema)) == 1


def test_the_words_of_sql_are_those_of_a_real_dialect() -> None:
    assert {"user", "order", "group", "limit"} <= SQL_RESERVED
    assert {"lateral", "system_user"} >= SQL_RESERVED - RESERVED_WORDS
