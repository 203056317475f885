from codegen.schema_checks import (
    check_edited_schema,
    check_schema,
    check_schema_part,
    check_spec,
)
from core.artifacts.answers import SchemaPart
from core.artifacts.schema import Endpoint
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
