"""Stages 2 to 3.5 of a changed product, with a model scripted at the transport."""

from core.artifacts.answers import IssueList, SchemaPart
from core.artifacts.specs import SpecField
from core.artifacts.structure import Severity, StructuralIssue, StructuralIssues
from core.layout import DOCS as DOCS_PATH
from core.layout import STRUCTURAL_ISSUES
from tasks.engine.changing.design import docs_of_change, issues_of_change, schema_of_change
from tasks.engine.stage_call import BASELINE
from tests.codegen.change.products import (
    DOCS,
    SCHEMA,
    SPEC,
    SPEC_LOAN,
    STORED_LOAN,
    STORED_TOOL,
    changed,
    without,
)
from tests.tasks.bench import Bench
from tests.tasks.engine.changing.change_bench import inputs

LEND = changed(SPEC, "FR-1", description="Until Monday.")
NOTE = SpecField(name="note")
NOTED_LOAN = SPEC_LOAN.model_copy(update={"fields": (*SPEC_LOAN.fields, NOTE)})
WITH_NOTE = SPEC.model_copy(update={"entities": (SPEC.entities[0], NOTED_LOAN)})
STORED_NOTE = STORED_LOAN.model_copy(update={"fields": (*STORED_LOAN.fields, NOTE)})


def issue(number: str, place: str, source: str = "model") -> StructuralIssue:
    return StructuralIssue.model_validate(
        {
            "id": number,
            "severity": Severity.WARNING,
            "place": place,
            "message": f"About {place}.",
            "source": source,
        }
    )


async def test_sections_of_what_changed_are_written_again(bench: Bench) -> None:
    answer = (
        "### FR-1: Lend\n\nUntil Monday.\n\n### FR-2: x\n\nOther.\n\n## Interfaces\n\nA page.\n"
    )
    docs = await docs_of_change(bench.work("2", inputs(specs_clean=LEND), answer))
    expected = DOCS.replace(
        "FR-1: Lend a tool\n\nUntil its due date.", "FR-1: Lend\n\nUntil Monday."
    )
    assert docs == expected


async def test_of_what_is_the_same_no_section_is_asked_for(bench: Bench) -> None:
    assert await docs_of_change(bench.work("2", inputs())) == DOCS
    assert bench.prompts == []


async def test_a_document_without_sections_is_to_be_written_anew(bench: Bench) -> None:
    given = {**inputs(specs_clean=LEND), BASELINE + DOCS_PATH: "# Shed\n\nAll.\n"}
    assert await docs_of_change(bench.work("2", given)) is None
    assert bench.prompts == []


async def test_another_summary_asks_for_the_overview_alone(bench: Bench) -> None:
    spec = SPEC.model_copy(update={"summary": "Lends ladders."})
    answer = "## Overview\n\nLends ladders.\n"
    docs = await docs_of_change(bench.work("2", inputs(specs_clean=spec), answer))
    assert docs == DOCS.replace("Lends tools.", "Lends ladders.")


async def test_a_schema_is_asked_for_what_changed_and_keeps_all_else(bench: Bench) -> None:
    other = STORED_TOOL.model_copy(update={"description": "In other words."})
    turned = STORED_NOTE.model_copy(update={"fields": STORED_NOTE.fields[::-1]})
    wrong = SchemaPart(entities=(other,))
    right = SchemaPart(entities=(turned,), endpoints=SCHEMA.endpoints[1:])
    work = bench.work("3", inputs(specs_clean=WITH_NOTE), wrong, right)
    schema = await schema_of_change(work, DOCS)
    assert "entities must be exactly Loan, not Tool" in bench.prompts[1]
    tool, loan = schema.entities
    assert tool == STORED_TOOL
    assert sorted(field.name for field in loan.fields) == ["due_date", "note"]
    assert schema.endpoints == SCHEMA.endpoints


async def test_a_schema_from_which_something_only_goes_is_asked_of_nobody(bench: Bench) -> None:
    work = bench.work("3", inputs(specs_clean=without(SPEC, "FR-1")))
    schema = await schema_of_change(work, DOCS)
    assert bench.prompts == []
    assert [item.id for item in schema.endpoints] == ["GET /api/tools", "GET /api/loans"]
    assert schema.endpoints[1].requirements == ("FR-3",)


async def test_issues_elsewhere_keep_their_numbers_and_new_ones_take_the_next(
    bench: Bench,
) -> None:
    noted = StructuralIssues(
        issues=(issue("SI-1", "Tool"), issue("SI-2", "FR-1"), issue("SC-1", "Tool", "check"))
    )
    given = inputs(specs_clean=LEND)
    given[BASELINE + STRUCTURAL_ISSUES] = noted
    answer = IssueList(issues=(issue("SI-1", "FR-1"), issue("SI-2", "Tool")))
    found = await issues_of_change(bench.work("3.5", given, answer), SCHEMA)
    assert [(item.id, item.place) for item in found] == [("SI-1", "Tool"), ("SI-3", "FR-1")]


async def test_where_things_only_went_no_issue_is_looked_for(bench: Bench) -> None:
    given = inputs(specs_clean=without(SPEC, "FR-2"))
    noted = StructuralIssues(issues=(issue("SI-1", "FR-2"), issue("SI-2", "Loan.due_date")))
    given[BASELINE + STRUCTURAL_ISSUES] = noted
    found = await issues_of_change(bench.work("3.5", given), SCHEMA)
    assert [item.id for item in found] == ["SI-2"]
    assert bench.prompts == []
