"""Stage 1.5 of a changed product: what is asked, and what is taken from the answer."""

import pytest

from codegen.change.specifying import Specifying
from codegen.change.tracing import check_sources, traced
from core.artifacts.answers import SpecChange
from core.artifacts.questionnaire import Entity, EntityField, Feature, FieldType
from core.artifacts.specs import Relation, Requirement, SpecEntity, SpecField
from tests.codegen.change.products import (
    LOAN,
    REFINED,
    SPEC,
    SPEC_LOAN,
    TOOL,
)

REMIND = Feature(title="Remind", description="By mail.")
NEW = Requirement(id="FR-9", title="Remind", entities=("Loan",), sources=("feature: remind",))


def specifying(**changes: object) -> Specifying:
    return Specifying(REFINED, REFINED.model_copy(update=changes), SPEC)


def renamed() -> Specifying:
    fields = (EntityField(name="deadline", type=FieldType.DATE), LOAN.fields[1])
    return specifying(entities=(REFINED.entities[0], LOAN.model_copy(update={"fields": fields})))


def test_a_new_feature_gets_the_next_number_and_changes_nothing_else() -> None:
    work = specifying(features=(*REFINED.features, REMIND))
    assert work.change().asked == ("feature: Remind",)
    reworded = tuple(
        item.model_copy(update={"title": f"{item.title}, differently"})
        for item in SPEC.requirements
    )
    answer = SpecChange(requirements=(*reworded, NEW), entities=(SPEC_LOAN,), assumptions=("A.",))
    work.check(answer)
    merged = work.merged(answer)
    assert merged.requirements[:3] == SPEC.requirements
    assert merged.requirements[3].id == "FR-4"
    assert merged.requirements[3].sources == ("feature: Remind",)
    assert merged.entities == SPEC.entities
    assert merged.assumptions == ("Nobody signs in.", "A.")


def test_numbers_of_what_is_gone_are_not_given_again() -> None:
    gone = specifying(features=REFINED.features[:1])
    assert gone.change().asked == ()
    spec = gone.merged(SpecChange())
    assert [item.id for item in spec.requirements] == ["FR-1", "FR-3"]
    assert spec.removed_requirements == ("FR-2",)
    after = gone.after.model_copy(update={"features": (*gone.after.features, REMIND)})
    again = Specifying(gone.after, after, spec).merged(SpecChange(requirements=(NEW,)))
    assert [item.id for item in again.requirements] == ["FR-1", "FR-3", "FR-4"]


def test_a_renamed_field_concerns_its_entity_and_who_speaks_of_it() -> None:
    work = renamed()
    assert work.change().asked == ("FR-1", "FR-3", "Loan"), "FR-2 is about tools alone"
    told = SpecEntity(
        name="Loan",
        description="In other words.",
        fields=(SpecField(name="deadline", type=FieldType.DATE),),
        relations=(Relation(name="tool", target="Tool", description="In other words."),),
    )
    first = SPEC.requirements[0].model_copy(update={"description": "Until its deadline."})
    answer = SpecChange(requirements=(first, SPEC.requirements[2]), entities=(told,))
    work.check(answer)
    merged = work.merged(answer)
    assert merged.requirements[0].description == "Until its deadline."
    assert merged.requirements[0].sources == ("feature: Lend a tool",)
    assert merged.requirements[1:] == SPEC.requirements[1:]
    loan = merged.entities[1]
    assert [field.name for field in loan.fields] == ["deadline"]
    assert loan.relations == SPEC_LOAN.relations
    assert loan.description == SPEC_LOAN.description


def test_an_answer_that_leaves_out_what_was_asked_is_refused() -> None:
    with pytest.raises(ValueError, match=r"FR-1, FR-3, Loan"):
        renamed().check(SpecChange())
    more = specifying(features=(*REFINED.features, REMIND))
    with pytest.raises(ValueError, match="feature: Remind"):
        more.check(SpecChange(requirements=(NEW.model_copy(update={"id": "FR-1"}),)))


def test_an_entity_that_is_gone_goes_with_what_it_alone_demanded() -> None:
    work = specifying(entities=REFINED.entities[:1])
    assert work.gone == {"FR-3", "Loan"}
    assert work.change().asked == ("FR-1",), "it concerned loans, which there are no longer"
    merged = work.merged(SpecChange(requirements=(SPEC.requirements[0],)))
    assert [item.name for item in merged.entities] == ["Tool"]
    assert merged.requirements[0].entities == ("Tool",)


def test_a_new_entity_is_the_one_that_names_it() -> None:
    place = Entity(name="Place", fields=(EntityField(name="row"),))
    work = specifying(entities=(*REFINED.entities, place))
    told = SpecEntity(name="Place", fields=(SpecField(name="row"),))
    stray = SpecEntity(name="Stray", fields=(SpecField(name="row"),))
    answer = SpecChange(entities=(told, stray))
    work.check(answer)
    merged = work.merged(answer)
    assert [item.name for item in merged.entities] == ["Tool", "Loan", "Place"]
    assert merged.entities[2].sources == ("entity: Place",)


def test_a_field_whose_type_changed_is_the_answers_and_its_neighbours_stay() -> None:
    fields = (EntityField(name="name", type=FieldType.TEXT),)
    tool = REFINED.entities[0].model_copy(update={"fields": fields, "description": "New."})
    work = specifying(entities=(tool, LOAN))
    told = SpecEntity(
        name="Tool", description="Newer.", fields=(SpecField(name="name", type=FieldType.TEXT),)
    )
    merged = work.merged(SpecChange(entities=(told,)))
    assert merged.entities[0].fields[0].type is FieldType.TEXT
    assert merged.entities[0].description == "Newer."


def test_names_may_not_go_where_nothing_went() -> None:
    more = TOOL.model_copy(update={"fields": (*TOOL.fields, EntityField(name="place"))})
    work = Specifying(
        REFINED.model_copy(update={"entities": (TOOL, LOAN)}),
        REFINED.model_copy(update={"entities": (more, LOAN)}),
        SPEC,
    )
    told = SpecEntity(name="Tool", fields=(SpecField(name="place"),))
    merged = work.merged(SpecChange(entities=(told,)))
    assert [field.name for field in merged.entities[0].fields] == ["place", "name"]


def test_sources_name_what_there_is() -> None:
    wrong = Requirement(id="FR-1", title="x", sources=("feature: Fly",))
    (issue,) = check_sources((wrong, *SPEC.requirements), REFINED)
    assert issue.place == "FR-1"
    assert "feature: Fly" in issue.message


def test_where_no_source_is_named_the_names_tell() -> None:
    bare = SPEC.model_copy(
        update={
            "requirements": tuple(
                item.model_copy(update={"sources": ()}) for item in SPEC.requirements
            ),
            "entities": tuple(item.model_copy(update={"sources": ()}) for item in SPEC.entities),
        }
    )
    assert traced(bare, REFINED).requirements[:2] == SPEC.requirements[:2]
    assert traced(bare, REFINED).entities == SPEC.entities
    tools = Requirement(id="FR-1", title="Manage tools", entities=("Tool",))
    spec = bare.model_copy(update={"requirements": (tools,)})
    assert traced(spec, REFINED).requirements[0].sources == ("entity: Tool",)
    other = SpecEntity(name="Unheard")
    assert traced(spec.model_copy(update={"entities": (other,)}), REFINED).entities == (other,)
