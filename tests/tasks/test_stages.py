"""Stages 0 to 3.5, with a model scripted at the transport."""

import pytest
from pydantic import BaseModel

from core.artifacts.answers import (
    Clarification,
    IssueList,
    SchemaPart,
    SpecChange,
)
from core.artifacts.questionnaire import Feature
from core.artifacts.schema import Schema
from core.artifacts.specs import (
    ClarificationHistory,
    ClarifyingQuestion,
    SpecEntity,
)
from core.artifacts.structure import (
    Severity,
    StructuralIssue,
    StructuralIssues,
)
from core.errors import AnswerError, InputError
from core.layout import (
    CLARIFICATION_HISTORY,
    DOCS,
    PARAMETERS,
    SCHEMA,
    SPECS,
    SPECS_CLEAN,
    SPECS_REFINED,
    STRUCTURAL_ISSUES,
)
from tasks.clarifier import clarify
from tasks.docs_creator import create_docs
from tasks.engine.schema_parts import ENTITIES_AT_ONCE
from tasks.engine.stage_call import BASELINE
from tasks.normalizer import normalize
from tasks.questionnaire import read_questionnaire
from tasks.schema_generator import generate_schema
from tasks.structural_validator import find_issues
from tests.codegen.structures import (
    SCHEMA as SCHEMA_DOC,
)
from tests.codegen.structures import (
    SPEC,
)
from tests.tasks.bench import DOCS_TEXT, REFINED, Bench
from tests.tasks.sessions import ANSWERS


async def test_stage_0_writes_the_questionnaire_down(bench: Bench) -> None:
    assert await read_questionnaire(bench.work("0", {PARAMETERS: ANSWERS})) == {SPECS: ANSWERS}


async def test_stage_1_keeps_the_questions_with_the_assumptions_made(bench: Bench) -> None:
    question = ClarifyingQuestion(id="Q1", question="Who?", answer="Everybody.")
    work = bench.work("1", {SPECS: ANSWERS}, Clarification(questions=(question,), specs=REFINED))
    outputs = await clarify(work)
    assert outputs[SPECS_REFINED] == REFINED
    history = outputs[CLARIFICATION_HISTORY]
    assert isinstance(history, ClarificationHistory)
    assert history.rounds[0].questions == (question,)
    assert work.usage.calls == 1
    assert list(work.models) == ["local/test"]


async def test_stage_1_without_questions_has_no_round(bench: Bench) -> None:
    outputs = await clarify(bench.work("1", {SPECS: ANSWERS}, Clarification(specs=REFINED)))
    assert outputs[CLARIFICATION_HISTORY] == ClarificationHistory()


async def test_an_answer_that_does_not_validate_is_asked_for_again_with_the_error(
    bench: Bench,
) -> None:
    gap = SPEC.model_dump_json().replace('"FR-2"', '"FR-3"')
    outputs = await normalize(bench.work("1.5", {SPECS_REFINED: REFINED}, gap, SPEC))
    assert outputs[SPECS_CLEAN] == SPEC
    assert "must be numbered FR-1, FR-2" in bench.prompts[1]


async def test_an_answer_that_never_validates_does_not_pass_on(bench: Bench) -> None:
    work = bench.work("1.5", {SPECS_REFINED: REFINED}, "{}", "no", '{"slug": 1}')
    with pytest.raises(AnswerError, match=r"local/test: .*project_name"):
        await normalize(work)


async def test_stage_1_5_asks_again_for_the_feature_that_nothing_comes_from(bench: Bench) -> None:
    refined = REFINED.model_copy(update={"features": (Feature(title="Sort tasks"),)})
    first = SPEC.requirements[0].model_copy(update={"sources": ("feature: Sort tasks",)})
    whole = SPEC.model_copy(update={"requirements": (first, *SPEC.requirements[1:])})
    outputs = await normalize(bench.work("1.5", {SPECS_REFINED: refined}, SPEC, whole))
    assert outputs[SPECS_CLEAN] == whole
    assert "feature: Sort tasks: it is the source of no requirement" in bench.prompts[1]


async def test_stage_1_5_of_a_change_asks_again_where_a_new_feature_leads_to_nothing(
    bench: Bench,
) -> None:
    before = REFINED.model_copy(update={"features": (Feature(title="Sort tasks"),)})
    wider = before.features[0].model_copy(update={"description": "By name and by date."})
    after = before.model_copy(update={"features": (wider,)})
    first = SPEC.requirements[0].model_copy(update={"sources": ("feature: Sort tasks",)})
    spec = SPEC.model_copy(update={"requirements": (first, *SPEC.requirements[1:])})
    number = f"FR-{len(spec.requirements) + 1}"
    second = first.model_copy(update={"id": number, "title": "Sort by date"})
    inputs: dict[str, str | BaseModel] = {
        SPECS_REFINED: after,
        BASELINE + SPECS_REFINED: before,
        BASELINE + SPECS_CLEAN: spec,
    }
    answers = SpecChange(removed=("FR-1",)), SpecChange(requirements=(first, second))
    outputs = await normalize(bench.work("1.5", inputs, *answers))
    assert outputs[SPECS_CLEAN] == spec.model_copy(
        update={"requirements": (*spec.requirements, second)}
    )
    assert "feature: Sort tasks: it is the source of no requirement" in bench.prompts[1]


async def test_stage_1_5_refuses_a_change_that_leaves_nothing_to_be_built(bench: Bench) -> None:
    before = REFINED.model_copy(update={"features": (Feature(title="Sort tasks"),)})
    only = SPEC.requirements[0].model_copy(update={"sources": ("feature: Sort tasks",)})
    spec = SPEC.model_copy(update={"requirements": (only,)})
    inputs: dict[str, str | BaseModel] = {
        SPECS_REFINED: REFINED,
        BASELINE + SPECS_REFINED: before,
        BASELINE + SPECS_CLEAN: spec,
    }
    with pytest.raises(InputError, match=r"cannot be built: no requirement is left"):
        await normalize(bench.work("1.5", inputs))


async def test_stage_2_demands_a_section_for_everything(bench: Bench) -> None:
    work = bench.work("2", {SPECS_CLEAN: SPEC}, "# T\n\n### FR-1: a\n", DOCS_TEXT)
    assert await create_docs(work) == {DOCS: DOCS_TEXT}
    assert "FR-2, Task, Project" in bench.prompts[1]


async def test_stage_3_writes_the_schema_and_its_section_of_the_docs(bench: Bench) -> None:
    part = SchemaPart(entities=SCHEMA_DOC.entities, endpoints=SCHEMA_DOC.endpoints)
    outputs = await generate_schema(bench.work("3", {SPECS_CLEAN: SPEC, DOCS: DOCS_TEXT}, part))
    assert outputs[SCHEMA] == SCHEMA_DOC
    assert "### Table tasks" in str(outputs[DOCS])


async def test_stage_3_asks_for_a_large_schema_in_parts(bench: Bench) -> None:
    names = [f"E{n}" for n in range(ENTITIES_AT_ONCE + 1)]
    spec = SPEC.model_copy(
        update={
            "entities": tuple(SpecEntity(name=name) for name in names),
            "requirements": (SPEC.requirements[0].model_copy(update={"entities": ()}),),
        }
    )

    def part(*wanted: str) -> SchemaPart:
        return SchemaPart.model_validate(
            {"entities": [{"name": name, "table": name.lower()} for name in wanted]}
        )

    outputs = await generate_schema(
        bench.work(
            "3",
            {SPECS_CLEAN: spec, DOCS: DOCS_TEXT},
            part(*names[:3]),  # forgets three
            part(*names[:ENTITIES_AT_ONCE]),
            part(names[-1]),
        )
    )
    schema = outputs[SCHEMA]
    assert isinstance(schema, Schema)
    assert [entity.name for entity in schema.entities] == names
    assert "entities must be exactly E0, E1, E2, E3, E4, E5" in bench.prompts[1]


async def test_stage_3_tells_the_model_which_entities_and_requirements_there_are_not(
    bench: Bench,
) -> None:
    stranger = SCHEMA_DOC.entities[0].model_copy(
        update={"relations": (SPEC.entities[0].relations[0].model_copy(update={"target": "X"}),)}
    )
    wrong = SchemaPart(entities=(stranger, SCHEMA_DOC.entities[1]))
    unknown = SchemaPart(
        entities=SCHEMA_DOC.entities,
        endpoints=(SCHEMA_DOC.endpoints[0].model_copy(update={"requirements": ("FR-9",)}),),
    )
    good = SchemaPart(entities=SCHEMA_DOC.entities, endpoints=SCHEMA_DOC.endpoints)
    work = bench.work("3", {SPECS_CLEAN: SPEC, DOCS: DOCS_TEXT}, wrong, unknown, good)
    assert (await generate_schema(work))[SCHEMA] == SCHEMA_DOC
    assert "points to 'X', which is no entity" in bench.prompts[1]
    assert "FR-9, which is not a requirement" in bench.prompts[2]


async def test_stage_3_asks_nobody_when_a_person_wrote_the_schema(bench: Bench) -> None:
    edits = {SCHEMA: Schema(entities=SCHEMA_DOC.entities[1:]).model_dump_json()}
    outputs = await generate_schema(
        bench.work("3", {SPECS_CLEAN: SPEC, DOCS: DOCS_TEXT}, edits=edits)
    )
    assert "### Table projects" in str(outputs[DOCS])
    assert "### Table tasks" not in str(outputs[DOCS])


async def test_stage_3_5_adds_what_needs_no_model(bench: Bench) -> None:
    found = StructuralIssue(id="SI-1", severity=Severity.WARNING, place="Task", message="m")
    half = Schema(entities=SCHEMA_DOC.entities[1:])
    outputs = await find_issues(
        bench.work(
            "3.5",
            {SPECS_CLEAN: SPEC, DOCS: DOCS_TEXT, SCHEMA: half},
            IssueList(issues=(found,)),
        )
    )
    issues = outputs[STRUCTURAL_ISSUES]
    assert isinstance(issues, StructuralIssues)
    assert [issue.source for issue in issues.issues] == ["check", "model"]
    assert issues.errors == (), "a person may leave an entity out of the schema"


async def test_stage_3_5_keeps_the_models_issues_apart_from_each_other_and_from_facts(
    bench: Bench,
) -> None:
    found = StructuralIssue(
        id="SC-1", severity=Severity.ERROR, place="Task", message="m", source="check"
    )
    inputs: dict[str, str | BaseModel] = {SPECS_CLEAN: SPEC, DOCS: DOCS_TEXT, SCHEMA: SCHEMA_DOC}
    outputs = await find_issues(bench.work("3.5", inputs, IssueList(issues=(found, found))))
    issues = outputs[STRUCTURAL_ISSUES]
    assert isinstance(issues, StructuralIssues)
    assert [(issue.id, issue.source) for issue in issues.issues] == [
        ("SI-1", "model"),
        ("SI-2", "model"),
    ]


async def test_stage_3_5_fails_on_an_error_of_its_checks_and_asks_nobody(bench: Bench) -> None:
    endpoint = SCHEMA_DOC.endpoints[0].model_copy(update={"requirements": ("FR-9",)})
    wrong = SCHEMA_DOC.model_copy(update={"endpoints": (endpoint,)})
    work = bench.work("3.5", {SPECS_CLEAN: SPEC, DOCS: DOCS_TEXT, SCHEMA: wrong})
    with pytest.raises(InputError, match=r"specs/schema\.json: GET /api/tasks: it serves FR-9"):
        await find_issues(work)
    assert bench.prompts == []
