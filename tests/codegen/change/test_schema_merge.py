"""Stage 3 of a changed product: entities and endpoints that are designed again."""

from codegen.change.schema_merge import Designing, changed_places
from codegen.change.scope import SpecScope
from core.artifacts.answers import SchemaPart
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec, Requirement, SpecEntity, SpecField
from tests.codegen.change.products import (
    SCHEMA,
    SPEC,
    SPEC_LOAN,
    SPEC_TOOL,
    STORED_LOAN,
    STORED_TOOL,
    changed,
    endpoint,
    without,
)

REMIND = Requirement(id="FR-4", title="Remind", entities=("Loan",))
RETURN = "POST /api/loans/{loan_id}/return"


def designing(after: CleanSpec) -> Designing:
    return Designing(SPEC, after, SCHEMA)


def of(schema: Schema) -> dict[str, tuple[str, ...]]:
    return {item.id: item.requirements for item in schema.endpoints}


def test_an_endpoint_for_a_new_requirement_joins_and_the_others_keep_their_words() -> None:
    work = designing(SPEC.model_copy(update={"requirements": (*SPEC.requirements, REMIND)}))
    assert work.asked == ("Loan",)
    reworded = [
        item.model_copy(
            update={"summary": "Otherwise.", "requirements": (*item.requirements, "FR-4")}
        )
        for item in SCHEMA.endpoints[1:]
    ]
    answer = SchemaPart(
        entities=(STORED_LOAN.model_copy(update={"description": "Otherwise."}),),
        endpoints=(
            *reworded,
            endpoint("GET", "/api/loans/due", "Loan", "FR-4"),
            endpoint("GET", "/api/loans/all", "Loan", "FR-1"),
        ),
    )
    schema = work.whole((work.merged_part(answer),))
    assert schema.entities == SCHEMA.entities
    assert of(schema) == {
        "GET /api/tools": ("FR-2",),
        "GET /api/loans": ("FR-1", "FR-3", "FR-4"),
        RETURN: ("FR-1", "FR-4"),
        "GET /api/loans/due": ("FR-4",),
    }
    assert [item.summary for item in schema.endpoints[:3]] == [
        item.summary for item in SCHEMA.endpoints
    ]


def test_a_renamed_field_is_taken_and_what_was_added_here_once_stays() -> None:
    once = SpecField(name="reminded", description="For FR-1: whether.")
    stored = STORED_LOAN.model_copy(update={"fields": (*STORED_LOAN.fields, once)})
    before = Schema(entities=(STORED_TOOL, stored), endpoints=SCHEMA.endpoints)
    loan = SPEC_LOAN.model_copy(update={"fields": (SpecField(name="deadline"),)})
    after = SPEC.model_copy(update={"entities": (SPEC_TOOL, loan)})
    work = Designing(SPEC, after, before)
    told = stored.model_copy(
        update={
            "table": "borrowings",
            "fields": (
                SpecField(name="deadline"),
                SpecField(name="due_date"),
                SpecField(name="for_fr_3"),
            ),
        }
    )
    (merged,) = work.merged_part(SchemaPart(entities=(told,))).entities
    assert [field.name for field in merged.fields] == ["deadline", "for_fr_3", "reminded"]
    assert merged.table == "loans"
    assert merged.relations == stored.relations


def test_what_is_only_gone_is_taken_out_by_a_program() -> None:
    work = designing(without(SPEC, "FR-1"))
    assert not work.is_asked
    assert of(work.whole(())) == {"GET /api/tools": ("FR-2",), "GET /api/loans": ("FR-3",)}


def test_the_usual_endpoints_stay_though_nothing_demands_them() -> None:
    work = designing(without(SPEC, "FR-2"))
    assert of(work.whole(()))["GET /api/tools"] == ()


def test_an_entity_that_is_gone_takes_its_endpoints_along() -> None:
    work = designing(SPEC.model_copy(update={"entities": (SPEC_TOOL,)}))
    schema = work.whole(())
    assert [item.name for item in schema.entities] == ["Tool"]
    assert list(of(schema)) == ["GET /api/tools"]


def test_a_changed_requirement_concerns_the_endpoints_that_serve_it() -> None:
    work = designing(changed(SPEC, "FR-1", description="Until Monday."))
    assert work.asked == ("Loan",)
    told = SCHEMA.endpoints[1].model_copy(update={"summary": "Taken."})
    schema = work.whole((work.merged_part(SchemaPart(entities=(STORED_LOAN,), endpoints=(told,))),))
    assert [item.summary for item in schema.endpoints][1:] == ["Taken."], "the other was left out"


def columns(work: Designing) -> list[str]:
    """Of loans, where an answer adds one."""
    told = STORED_LOAN.model_copy(
        update={"fields": (*STORED_LOAN.fields, SpecField(name="reminded"))}
    )
    (merged,) = work.merged_part(SchemaPart(entities=(told,))).entities
    return [field.name for field in merged.fields]


def test_columns_come_for_a_changed_entity_or_a_new_requirement_about_it() -> None:
    kept, more = ["due_date"], ["due_date", "reminded"]
    assert columns(designing(changed(SPEC, "FR-1", description="Until Monday."))) == kept
    about_tools = REMIND.model_copy(update={"entities": ("Tool",)})
    for new, names in ((REMIND, more), (about_tools, kept)):
        spec = SPEC.model_copy(update={"requirements": (*SPEC.requirements, new)})
        assert columns(designing(spec)) == names
    loan = SPEC_LOAN.model_copy(update={"description": "Other."})
    assert columns(designing(SPEC.model_copy(update={"entities": (SPEC_TOOL, loan)}))) == more


def test_what_belongs_to_no_entity_goes_with_the_first() -> None:
    new = Requirement(id="FR-4", title="Count everything")
    work = designing(SPEC.model_copy(update={"requirements": (*SPEC.requirements, new)}))
    assert work.asked == ("Tool",)
    total = endpoint("GET", "/api/total", "", "FR-4")
    answer = SchemaPart(entities=(STORED_TOOL,), endpoints=(total,))
    assert total in work.whole((work.merged_part(answer),)).endpoints


def test_without_entities_everything_is_one_part() -> None:
    spec = CleanSpec(
        project_name="T",
        slug="t",
        summary="s",
        requirements=(Requirement(id="FR-1", title="Add"),),
    )
    schema = Schema(endpoints=(endpoint("POST", "/api/add", "", "FR-1"),))
    work = Designing(spec, changed(spec, "FR-1", title="Sum"), schema)
    assert (work.is_asked, work.asked) == (True, ())
    told = endpoint("POST", "/api/sum", "", "FR-1")
    assert of(work.whole((work.merged_part(SchemaPart(endpoints=(told,))),))) == {
        "POST /api/sum": ("FR-1",)
    }


def test_a_new_entity_is_as_it_was_answered() -> None:
    place = SpecEntity(name="Place")
    work = designing(SPEC.model_copy(update={"entities": (*SPEC.entities, place)}))
    told = STORED_TOOL.model_copy(update={"name": "Place", "table": "places"})
    schema = work.whole((work.merged_part(SchemaPart(entities=(told,))),))
    assert schema.entities == (*SCHEMA.entities, told)


def test_places_of_issues_are_what_is_different() -> None:
    other = Schema(entities=SCHEMA.entities, endpoints=SCHEMA.endpoints[:2])
    spec = changed(SPEC, "FR-2", title="Other")
    places = changed_places(SCHEMA, other, SpecScope.between(SPEC, spec))
    assert places == {RETURN, "FR-2"}
