"""Stage 1.5 of a changed product: what is asked, and what is taken from the answer."""

import pytest

from codegen.change.specifying import Specifying
from codegen.change.tracing import check_coverage, check_sources, traced, uncovered
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


def test_a_changed_feature_grows_and_shrinks() -> None:
    wider = REFINED.features[0].model_copy(update={"description": "Lend, and mail weekly."})
    work = specifying(features=(wider, REFINED.features[1]))
    assert work.change().asked == ("FR-1",)
    weekly = Requirement(id="FR-7", title="Mail", sources=("feature: Lend a tool",))
    answer = SpecChange(requirements=(SPEC.requirements[0], weekly, NEW))
    work.check(answer)
    merged = work.merged(answer)
    assert [(item.id, item.title) for item in merged.requirements[3:]] == [("FR-4", "Mail")]
    split = SpecChange(requirements=(weekly,), removed=("FR-1",))
    work.check(split)
    merged = work.merged(split)
    assert [item.id for item in merged.requirements] == ["FR-2", "FR-3", "FR-4"]
    assert merged.removed_requirements == ("FR-1",)


def test_what_also_comes_from_what_is_the_same_may_not_go() -> None:
    both = SPEC.requirements[0].model_copy(
        update={"sources": ("feature: Lend a tool", "entity: Tool")}
    )
    spec = SPEC.model_copy(update={"requirements": (both, *SPEC.requirements[1:])})
    wider = REFINED.features[0].model_copy(update={"description": "Other."})
    after = REFINED.model_copy(update={"features": (wider, REFINED.features[1])})
    work = Specifying(REFINED, after, spec)
    with pytest.raises(ValueError, match=r"`removed` names FR-1.*different now: none"):
        work.check(SpecChange(removed=("FR-1",)))
    assert "FR-1" in {item.id for item in work.merged(SpecChange(removed=("FR-1",))).requirements}


def test_a_changed_feature_may_need_an_entity() -> None:
    wider = REFINED.features[0].model_copy(update={"description": "Lend to members."})
    work = specifying(features=(wider, REFINED.features[1]))
    member = SpecEntity(
        name="Member", fields=(SpecField(name="mail"),), sources=("feature: Lend a tool",)
    )
    merged = work.merged(SpecChange(requirements=SPEC.requirements[:1], entities=(member,)))
    assert merged.entities[2] == member


def test_the_order_of_fields_says_nothing() -> None:
    turned = LOAN.model_copy(update={"fields": LOAN.fields[::-1]})
    work = specifying(
        entities=(REFINED.entities[0], turned), features=tuple(reversed(REFINED.features))
    )
    assert work.change().asked == ()
    assert work.merged(SpecChange()) == SPEC


def test_a_relation_to_what_is_gone_goes() -> None:
    derived = Relation(name="last_loan", target="Loan")
    tool = SPEC.entities[0].model_copy(update={"relations": (derived,)})
    spec = SPEC.model_copy(update={"entities": (tool, SPEC_LOAN)})
    after = REFINED.model_copy(update={"entities": REFINED.entities[:1]})
    merged = Specifying(REFINED, after, spec).merged(SpecChange(requirements=SPEC.requirements[:1]))
    assert merged.entities == SPEC.entities[:1]


def test_a_product_without_requirements_is_refused_in_a_sentence() -> None:
    spec = SPEC.model_copy(update={"requirements": SPEC.requirements[:2]})
    work = Specifying(REFINED, REFINED.model_copy(update={"features": ()}), spec)
    with pytest.raises(ValueError, match=r"^no requirement is left"):
        work.merged(SpecChange())


def test_each_feature_and_entity_is_the_source_of_something() -> None:
    assert check_coverage(SPEC, REFINED) == []
    renamed = SPEC.requirements[1].model_copy(update={"title": "List", "sources": ()})
    spec = SPEC.model_copy(update={"requirements": (SPEC.requirements[0], renamed)})
    (issue,) = check_coverage(spec, REFINED)
    assert issue.place == "feature: Show the shed"
    assert "`sources`" in issue.suggestion
    assert uncovered(spec, REFINED) == ("feature: Show the shed",)
    assert check_coverage(spec, REFINED, uncovered(spec, REFINED)) == []
