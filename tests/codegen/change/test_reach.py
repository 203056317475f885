"""Whether it can be told what a change of the questionnaire concerns."""

from codegen.change.reach import unknown_reach
from core.artifacts.questionnaire import EntityField, Feature
from core.artifacts.specs import CleanSpec
from tests.codegen.change.products import ASKED, LEND, LOAN, REFINED, SHOW, SPEC, TOOL


def reach(spec: CleanSpec = SPEC, **changes: object) -> tuple[str, ...]:
    return unknown_reach(ASKED, ASKED.model_copy(update=changes), REFINED, spec)


def without_sources(title: str) -> CleanSpec:
    """As an older release wrote it, with a title of which nothing can be told."""
    second = SPEC.requirements[1].model_copy(update={"title": title, "sources": ()})
    requirements = (SPEC.requirements[0], second, SPEC.requirements[2])
    return SPEC.model_copy(update={"requirements": requirements})


OTHER_SHOW = SHOW.model_copy(update={"description": "Other."})


def test_it_is_told_of_what_something_comes_from() -> None:
    assert reach(features=(LEND, OTHER_SHOW, Feature(title="Remind"))) == ()
    assert reach(entities=(TOOL,)) == ()
    assert reach(without_sources("Show the shed"), features=(LEND,)) == (), "its title tells"


def test_it_is_not_told_of_what_nothing_comes_from() -> None:
    spec = without_sources("List what is there")
    assert reach(spec, features=(LEND, OTHER_SHOW)) == ("feature: Show the shed",)
    assert reach(spec, features=(LEND,)) == ("feature: Show the shed",)
    assert reach(spec, entities=(TOOL,)) == (), "what did not change needs no trace"


def test_a_field_is_told_with_its_entity() -> None:
    bare = SPEC.model_copy(update={"requirements": SPEC.requirements[:2], "entities": ()})
    fields = (*LOAN.fields, EntityField(name="note"))
    changed = (TOOL, LOAN.model_copy(update={"fields": fields}))
    assert reach(bare, entities=changed) == ("entity: Loan",)
    assert reach(entities=changed) == ()


def test_names_that_are_one_in_two_spellings_cannot_be_told_apart() -> None:
    assert reach(features=(LEND, SHOW, Feature(title="Lend-a tool"))) == (
        *("feature: Lend a tool", "feature: Lend-a tool"),
    )
    fields = (*LOAN.fields, EntityField(name="dueDate"))
    assert reach(entities=(TOOL, LOAN.model_copy(update={"fields": fields}))) == (
        *("field: Loan.due date", "field: Loan.dueDate"),
    )


def test_the_product_as_a_whole_is_told_by_models_unless_names_cannot_be_told_apart() -> None:
    assert reach(summary="Other.") == ()
    double = ASKED.model_copy(update={"features": (LEND, Feature(title="LEND A TOOL"))})
    assert unknown_reach(double, double, REFINED, SPEC) == ()
    other = double.model_copy(update={"summary": "Other."})
    assert unknown_reach(double, other, REFINED, SPEC) == (
        *("feature: Lend a tool", "feature: LEND A TOOL"),
    )
