"""Answers about the product as a whole: what is open to the models, and what stays as it was."""

import pytest

from codegen.change.docs_sections import changed_sections, merged_docs
from codegen.change.file_choice import speaks_of_product
from codegen.change.items import general_changes, general_items, is_made_otherwise
from codegen.change.refining import Refining
from codegen.change.scope import SpecScope
from codegen.change.specifying import Specifying
from core.artifacts.answers import ClarifiedChange, SpecChange
from core.artifacts.questionnaire import Stack
from core.artifacts.specs import Requirement, SpecEntity
from tests.codegen.change.products import ASKED, DOCS, REFINED, SHOW, SPEC, contract

OTHER = {"summary": "Lends tools and ladders.", "constraints": ("Works offline.",)}
FEATURES = ("feature: Lend a tool", "feature: Show the shed")


def refining(**changes: object) -> Refining:
    return Refining(ASKED, ASKED.model_copy(update=changes), REFINED)


def specifying(**changes: object) -> Specifying:
    return Specifying(REFINED, REFINED.model_copy(update=changes), SPEC)


def test_differences_are_told_with_their_texts() -> None:
    after = ASKED.model_copy(update=OTHER)
    assert general_changes(ASKED, after) == ("summary", "constraints")
    first, second = general_items(ASKED, after)
    assert (first.before, first.after) == ('"Lends tools."', '"Lends tools and ladders."')
    assert (second.before, second.after) == ("[]", '["Works offline."]')
    assert general_items(ASKED, ASKED) == ()


@pytest.mark.parametrize("name", ["stack", "project_name"])
def test_stack_and_name_are_in_every_file(name: str) -> None:
    assert is_made_otherwise([name, "summary"])
    assert not is_made_otherwise(["summary", "users", "constraints", "non_goals"])


def test_all_features_and_entities_are_open_and_none_is_asked() -> None:
    change = refining(**OTHER).change()
    assert change.asked == ()
    assert change.open == (*FEATURES, "entity: Tool", "entity: Loan")
    assert [item.item for item in change.items] == ["summary", "constraints"]
    assert refining().change().open == ()


def test_what_the_model_leaves_out_stays_as_it_was_refined() -> None:
    work = refining(**OTHER)
    refined = work.merged(ClarifiedChange())
    assert refined.features == REFINED.features
    assert refined.entities == REFINED.entities
    assert (refined.summary, refined.constraints) == tuple(OTHER.values())
    assert refined.users == REFINED.users


def test_what_the_model_speaks_of_is_taken_but_for_fields_which_are_peoples() -> None:
    told = SHOW.model_copy(update={"description": "Ladders too."})
    tool = REFINED.entities[0].model_copy(update={"description": "Or a ladder.", "fields": ()})
    refined = refining(**OTHER).merged(ClarifiedChange(features=(told,), entities=(tool,)))
    assert [item.description for item in refined.features] == ["Refined: lend.", "Ladders too."]
    assert refined.entities[0].description == "Or a ladder."
    assert refined.entities[0].fields == REFINED.entities[0].fields


def test_what_only_says_the_same_otherwise_is_dropped() -> None:
    features = tuple(
        item.model_copy(update={"description": f"Put differently: {item.description}"})
        for item in REFINED.features
    )
    entities = tuple(
        item.model_copy(update={"description": "A thing with a handle."})
        for item in REFINED.entities
    )
    refined = refining(**OTHER).merged(ClarifiedChange(features=features, entities=entities))
    assert (refined.features, refined.entities) == (REFINED.features, REFINED.entities)
    work = specifying(**OTHER)
    all_anew = tuple(
        item.model_copy(
            update={
                "title": f"{item.title}, in 2 words",
                "description": "It is done in another manner.",
                "entities": item.entities[::-1],
            }
        )
        for item in SPEC.requirements
    )
    answer = SpecChange(requirements=all_anew)
    work.check(answer)
    assert work.merged(answer).requirements == SPEC.requirements


def test_requirements_are_open_and_keep_their_numbers() -> None:
    work = specifying(**OTHER)
    assert (work.change().asked, work.change().open) == ((), ("FR-1", "FR-2", "FR-3"))
    work.check(SpecChange())
    spec = work.merged(SpecChange())
    assert spec.requirements == SPEC.requirements
    assert spec.entities == SPEC.entities
    assert (spec.summary, spec.constraints) == tuple(OTHER.values())
    assert spec.slug == SPEC.slug


def test_what_the_whole_demands_changes_and_adds_requirements() -> None:
    work = specifying(**OTHER)
    changed = SPEC.requirements[1].model_copy(update={"description": "Ladders too."})
    new = Requirement(id="FR-4", title="Work offline", sources=("feature: Lend a tool",))
    ladder = SpecEntity(name="Ladder", sources=("feature: Show the shed",))
    answer = SpecChange(requirements=(changed, new), entities=(ladder,))
    work.check(answer)
    spec = work.merged(answer)
    assert [item.id for item in spec.requirements] == ["FR-1", "FR-2", "FR-3", "FR-4"]
    assert spec.requirements[1].description == "Ladders too."
    assert [item.name for item in spec.entities] == ["Tool", "Loan", "Ladder"]


@pytest.mark.parametrize(
    "changes", [OTHER, {"summary": "Lends tool."}, {"stack": Stack(backend="none")}]
)
def test_what_a_feature_that_is_the_same_demands_may_not_go(changes: dict[str, object]) -> None:
    work = specifying(**changes)
    answer = SpecChange(removed=("FR-3",))
    with pytest.raises(ValueError, match=r"`removed` names FR-3.*different now: none"):
        work.check(answer)
    assert work.merged(answer).requirements == SPEC.requirements


def test_with_another_summary_a_feature_that_changed_shrinks_all_the_same() -> None:
    wider = REFINED.features[0].model_copy(update={"description": "Lend, and mail weekly."})
    work = specifying(**OTHER, features=(wider, REFINED.features[1]))
    weekly = Requirement(id="FR-7", title="Mail", sources=("feature: Lend a tool",))
    answer = SpecChange(requirements=(weekly,), removed=("FR-1",))
    work.check(answer)
    assert [item.id for item in work.merged(answer).requirements] == ["FR-2", "FR-3", "FR-4"]
    with pytest.raises(ValueError, match=r"`removed` names FR-2.*different now: FR-1"):
        work.check(SpecChange(requirements=(weekly,), removed=("FR-1", "FR-2")))


def test_without_such_a_difference_nothing_of_it_is_taken() -> None:
    work = specifying(features=(REFINED.features[0],))
    changed = SPEC.requirements[0].model_copy(update={"description": "Other."})
    assert work.merged(SpecChange(requirements=(changed,))).requirements[0] == SPEC.requirements[0]
    with pytest.raises(ValueError, match="`removed` names FR-1"):
        work.check(SpecChange(removed=("FR-1",)))


def test_another_stack_or_name_reaches_the_spec() -> None:
    stack = Stack(backend="none")
    spec = specifying(stack=stack, project_name="The New Shed").merged(SpecChange())
    assert (spec.stack, spec.project_name, spec.slug) == (stack, "The New Shed", "the-new-shed")
    assert spec.requirements == SPEC.requirements


def test_the_overview_is_asked_for_and_other_chapters_may_come() -> None:
    spec = SPEC.model_copy(update=OTHER)
    scope = SpecScope.between(SPEC, spec)
    change = changed_sections(DOCS, scope, general_items(SPEC, spec))
    assert (change.asked, change.open) == (("Overview",), ("Interfaces", "Operations"))
    answer = (
        "### FR-1: Lend\n\nOther.\n\n## Overview\n\nAnd ladders.\n\n## Operations\n\nPlug it in."
        "\n\n## Constraints\n\n- Works offline.\n"
    )
    docs = merged_docs(DOCS, answer, spec, scope, change)
    expected = DOCS.replace("## Overview\n\nLends tools.", "## Overview\n\nAnd ladders.")
    expected = expected.replace("Start it.", "Plug it in.")
    assert docs == f"{expected}\n## Constraints\n\n- Works offline.\n"
    with pytest.raises(ValueError, match="Overview"):
        merged_docs(DOCS, "## Operations\n\nPlug it in.\n", spec, scope, change)


def test_files_that_speak_of_the_product_are_told_by_language_and_words() -> None:
    spec = SPEC.model_copy(update={"summary": "Lends tools to  neighbours. And more."})
    assert speaks_of_product(contract("README.md", language="markdown"), "", spec)
    assert speaks_of_product(contract("page.html", language="html"), "", spec)
    code = contract("app/main.py", language="python")
    assert speaks_of_product(code, '"""It lends tools\nto neighbours."""', spec)
    assert not speaks_of_product(code, '"""It lends tools."""', spec)
