"""Stage 1 of a changed product: what is asked, and what is taken from the answer."""

from codegen.change.refining import Refining, as_asked
from core.artifacts.answers import ClarifiedChange
from core.artifacts.questionnaire import (
    Entity,
    EntityField,
    Feature,
    FieldType,
    Priority,
    Questionnaire,
)
from core.artifacts.specs import ClarifyingQuestion, RefinedSpec
from tests.codegen.change.products import ASKED, LEND, LOAN, REFINED, SHOW, TOOL

REMIND = Feature(title="Remind", description="By mail.")


def refining(**changes: object) -> Refining:
    return Refining(ASKED, ASKED.model_copy(update=changes), REFINED)


def test_nothing_is_asked_of_what_is_only_gone() -> None:
    work = refining(features=(LEND,))
    assert work.change().asked == ()
    merged = work.merged(ClarifiedChange())
    assert merged == REFINED.model_copy(update={"features": REFINED.features[:1]})


def test_of_a_new_feature_the_description_is_taken_and_nothing_else() -> None:
    work = refining(features=(LEND, SHOW, REMIND))
    assert work.change().asked == ("feature: Remind",)
    answer = ClarifiedChange(
        questions=(ClarifyingQuestion(id="Q1", question="When?", answer="A day before."),),
        features=(
            Feature(title="remind", description="Refined: remind.", priority=Priority.COULD),
            LEND.model_copy(update={"description": "In other words."}),
        ),
        entities=(TOOL.model_copy(update={"description": "In other words."}),),
    )
    merged = work.merged(answer)
    new = REMIND.model_copy(update={"description": "Refined: remind."})
    assert merged.features == (*REFINED.features, new)
    assert merged.entities == REFINED.entities
    assert merged.assumptions == ("Nobody signs in.", "A day before.")


def test_what_an_answer_leaves_out_is_as_the_questionnaire_has_it() -> None:
    place = Entity(name="Place", description="A shelf.", fields=(EntityField(name="row"),))
    work = refining(features=(LEND, SHOW, REMIND), entities=(TOOL, LOAN, place))
    merged = work.merged(ClarifiedChange())
    assert merged.features[-1] == REMIND
    assert merged.entities[-1] == place


def test_only_the_field_that_changed_is_taken() -> None:
    fields = (EntityField(name="deadline", type=FieldType.DATE), LOAN.fields[1])
    work = refining(entities=(TOOL, LOAN.model_copy(update={"fields": fields})))
    assert work.change().asked == ("entity: Loan",)
    told = Entity(
        name="Loan",
        description="In other words.",
        fields=(
            EntityField(name="deadline", description="When it must be back."),
            EntityField(name="tool", description="In other words."),
            EntityField(name="invented"),
        ),
    )
    loan = work.merged(ClarifiedChange(entities=(told,))).entities[1]
    assert loan.description == LOAN.description
    assert loan.fields == (
        EntityField(name="deadline", type=FieldType.DATE, description="When it must be back."),
        LOAN.fields[1],
    )


def test_a_description_that_changed_is_taken_from_the_answer() -> None:
    work = refining(entities=(TOOL.model_copy(update={"description": "Other."}), LOAN))
    told = TOOL.model_copy(update={"description": "Refined: other."})
    merged = work.merged(ClarifiedChange(entities=(told,)))
    assert merged.entities[0].description == "Refined: other."
    assert merged.entities[0].fields == REFINED.entities[0].fields


def test_what_was_proposed_for_an_entity_without_fields_stays() -> None:
    bare = TOOL.model_copy(update={"fields": ()})
    before = Questionnaire(project_name="T", summary="s", entities=(bare,))
    after = before.model_copy(
        update={"entities": (bare.model_copy(update={"description": "New."}),)}
    )
    refined = RefinedSpec(project_name="T", summary="s", entities=(TOOL,))
    other = TOOL.model_copy(update={"fields": (EntityField(name="label"),)})
    merged = Refining(before, after, refined).merged(ClarifiedChange(entities=(other,)))
    assert merged.entities[0].fields == TOOL.fields


def test_what_was_derived_stays_but_for_references_to_what_is_gone() -> None:
    place = Entity(
        name="Place",
        fields=(
            EntityField(name="row"),
            EntityField(name="loan", type=FieldType.REFERENCE, target="Loan"),
        ),
    )
    idea = Feature(title="Idea")
    refined = REFINED.model_copy(
        update={
            "entities": (*REFINED.entities, place),
            "features": (*REFINED.features, idea),
        }
    )
    after = ASKED.model_copy(update={"entities": (TOOL,)})
    merged = Refining(ASKED, after, refined).merged(ClarifiedChange())
    assert [entity.name for entity in merged.entities] == ["Tool", "Place"]
    assert merged.entities[1].fields == (EntityField(name="row"),)
    assert merged.features[-1] == idea


def test_a_name_with_a_dot_is_still_the_entitys() -> None:
    dotted = Entity(name="Tool v. 2", fields=(EntityField(name="name"),))
    before = ASKED.model_copy(update={"entities": (dotted,)})
    more = dotted.model_copy(update={"fields": (*dotted.fields, EntityField(name="place"))})
    work = Refining(before, ASKED.model_copy(update={"entities": (more,)}), REFINED)
    assert work.change().asked == ("entity: Tool v. 2",)


def test_names_of_a_first_answer_are_the_questionnaires() -> None:
    told = REFINED.model_copy(
        update={
            "features": tuple(
                item.model_copy(update={"title": f"{item.title} in other words"})
                for item in REFINED.features
            ),
            "entities": (
                TOOL.model_copy(update={"name": "Implement"}),
                LOAN.model_copy(update={"fields": LOAN.fields[:1]}),
            ),
        }
    )
    named = as_asked(ASKED, told)
    assert [item.title for item in named.features] == ["Lend a tool", "Show the shed"]
    assert [item.description for item in named.features] == ["Refined: lend.", "Refined: show."]
    assert [item.name for item in named.entities] == ["Tool", "Loan"]
    assert named.entities[1].fields == LOAN.fields, "what did not come back is not lost"


def test_what_a_first_answer_derives_is_kept() -> None:
    told = REFINED.model_copy(
        update={"features": (Feature(title="Extra"), *REFINED.features[::-1])}
    )
    named = as_asked(ASKED, told)
    assert [item.title for item in named.features] == ["Lend a tool", "Show the shed", "Extra"]
    assert named.features[0].description == "Refined: lend."
    bare = ASKED.model_copy(update={"features": (), "entities": ()})
    assert as_asked(bare, REFINED) == REFINED


def test_a_feature_that_did_not_come_back_is_as_it_was_asked_for() -> None:
    told = REFINED.model_copy(update={"features": (REFINED.features[0],)})
    assert as_asked(ASKED, told).features == (REFINED.features[0], SHOW)
