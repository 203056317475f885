"""One attempt after another at a stage: what is asked again, what is not, and what is refused."""

from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from core.artifacts.answers import ModuleFiles, ModuleReview, SchemaPart
from core.artifacts.schema import Schema
from core.artifacts.specs import SpecEntity
from core.artifacts.structure import (
    Severity,
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.errors import AnswerError, InputError, ProviderFailedError
from core.layout import (
    DOCS,
    FILE_STRUCTURE,
    SCHEMA,
    SPECS_CLEAN,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
)
from tasks.engine.build_session import BuildSession, session_opened
from tasks.engine.schema_parts import ENTITIES_AT_ONCE
from tasks.engine.stage_call import StageResult, as_text
from tasks.engine.stage_runner import perform_stage
from tasks.validator import MAX_ROUNDS
from tests.codegen.structures import MODULE, PLANNED, SPEC, STRUCTURE
from tests.codegen.structures import SCHEMA as SCHEMA_DOC
from tests.tasks.sessions import ScriptedModel, open_session, work_on

DOCS_TEXT = "# T\n\n### FR-1: a\n\n### FR-2: b\n\n### Task\n\n### Project\n"
NAMES = [f"E{number}" for number in range(ENTITIES_AT_ONCE + 1)]
MANY = SPEC.model_copy(
    update={
        "entities": tuple(SpecEntity(name=name) for name in NAMES),
        "requirements": (SPEC.requirements[0].model_copy(update={"entities": ()}),),
    }
)
DESIGN: dict[str, str | BaseModel] = {
    SPECS_CLEAN: SPEC,
    DOCS: DOCS_TEXT,
    SCHEMA: SCHEMA_DOC,
    STRUCTURAL_ISSUES: StructuralIssues(),
    FILE_STRUCTURE: STRUCTURE,
}


async def attempt(
    session: BuildSession,
    stage: str,
    inputs: dict[str, str | BaseModel],
    edits: dict[str, str] | None = None,
) -> StageResult:
    """One attempt, without Prefect around it."""
    call = work_on(session, stage, inputs, edits=edits).call
    with session_opened(session):
        return await perform_stage.fn(call)


def part(names: list[str], path: str) -> SchemaPart:
    return SchemaPart.model_validate(
        {
            "entities": [{"name": name, "table": name.lower()} for name in names],
            "endpoints": [{"method": "GET", "path": path, "requirements": ["FR-1"]}],
        }
    )


async def test_a_part_that_clashes_with_an_earlier_one_is_asked_for_anew(tmp_path: Path) -> None:
    first, last = NAMES[:ENTITIES_AT_ONCE], NAMES[ENTITIES_AT_ONCE:]
    model = ScriptedModel([part(first, "/x"), *[part(last, "/X")] * 3, part(last, "/y")])
    inputs: dict[str, str | BaseModel] = {SPECS_CLEAN: MANY, DOCS: "# T\n"}
    with pytest.raises(AnswerError, match="GET /X: a router cannot tell it from GET /x"):
        await attempt(open_session(tmp_path, model), "3", inputs)
    assert len(model.asked) == 4, "it is told, and asked as often as any answer that is refused"
    result = await attempt(open_session(tmp_path, model), "3", inputs)
    assert Schema.model_validate_json(result.outputs[SCHEMA]).endpoints[1].path == "/y"
    assert len(model.asked) == 5, "the good part stays, the bad one is not used again"
    again = await attempt(open_session(tmp_path, model), "3", inputs)
    assert again.outputs == result.outputs
    assert len(model.asked) == 5, "good answers stay"


async def test_each_round_of_a_review_and_each_attempt_at_it_asks_anew(tmp_path: Path) -> None:
    broken = ModuleReview(files=MODULE.files, tests=PLANNED[:1])
    whole = ModuleReview(files=MODULE.files, tests=PLANNED)
    written = ModuleFiles(files=MODULE.files, tests=PLANNED)
    until_last = [broken, *[written, broken] * (MAX_ROUNDS - 2), written]
    asked = len(until_last) + 1
    model = ScriptedModel([*[*until_last, broken] * 2, *until_last, whole])
    for number in (1, 2):
        with pytest.raises(AnswerError, match=f"after {MAX_ROUNDS} rounds: FR-2"):
            await attempt(open_session(tmp_path, model), "5", DESIGN)
        assert len(model.asked) == asked * number
    await attempt(open_session(tmp_path, model), "5", DESIGN)
    assert len(model.asked) == asked * 3


async def test_after_a_failure_of_the_provider_no_answer_is_asked_for_twice(
    tmp_path: Path,
) -> None:
    first, last = NAMES[:ENTITIES_AT_ONCE], NAMES[ENTITIES_AT_ONCE:]
    good = ScriptedModel([part(first, "/x")])

    def breaks_then(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, json={}) if good.asked else good(request)

    inputs: dict[str, str | BaseModel] = {SPECS_CLEAN: MANY, DOCS: "# T\n"}
    with pytest.raises(ProviderFailedError):
        await attempt(open_session(tmp_path, breaks_then), "3", inputs)
    rest = ScriptedModel([part(last, "/y")])
    await attempt(open_session(tmp_path, rest), "3", inputs)
    assert len(rest.asked) == 1


VALID = ValidatedStructure(modules=STRUCTURE.modules, tests=STRUCTURE.tests)
ISSUE = StructuralIssue(id="SI-1", severity=Severity.ERROR, place="Task", message="A circle")
ENDPOINT = SCHEMA_DOC.endpoints[0].model_copy(update={"requirements": ("FR-9",)})
UNTESTED = VALID.model_copy(update={"tests": PLANNED[:1]})


@pytest.mark.parametrize(
    ("stage", "path", "edit", "said"),
    [
        ("2", DOCS, "# T\n\n### FR-1\n", "FR-2, Task, Project"),
        (
            "3",
            SCHEMA,
            SCHEMA_DOC.model_copy(update={"endpoints": (ENDPOINT,)}),
            "GET /api/tasks: it serves FR-9, which is not a requirement",
        ),
        ("3.5", STRUCTURAL_ISSUES, StructuralIssues(issues=(ISSUE, ISSUE)), "SI-1: 2 issues"),
        ("5", VALIDATED_STRUCTURE, UNTESTED, "FR-2: no acceptance test is planned for it"),
        (
            "5",
            VALIDATED_STRUCTURE,
            VALID.model_copy(update={"issues": (ISSUE,)}),
            "Task: A circle",
        ),
    ],
)
async def test_an_edit_is_held_to_the_checks_of_its_stage(
    tmp_path: Path, stage: str, path: str, edit: str | BaseModel, said: str
) -> None:
    model = ScriptedModel([])
    with pytest.raises(InputError) as refused:
        await attempt(open_session(tmp_path, model), stage, DESIGN, {path: as_text(edit)})
    assert str(refused.value).startswith(f"use: the text for '{path}' does not fit the build: ")
    assert said in str(refused.value)
    assert not model.asked


@pytest.mark.parametrize(
    ("stage", "path", "edit"),
    [
        ("2", DOCS, DOCS_TEXT),
        ("3.5", STRUCTURAL_ISSUES, StructuralIssues(issues=(ISSUE,))),
        ("4", FILE_STRUCTURE, STRUCTURE),
        ("5", VALIDATED_STRUCTURE, VALID),
    ],
)
async def test_an_edit_that_fits_is_used_as_it_is_and_nobody_is_asked(
    tmp_path: Path, stage: str, path: str, edit: str | BaseModel
) -> None:
    model = ScriptedModel([])
    result = await attempt(open_session(tmp_path, model), stage, DESIGN, {path: as_text(edit)})
    assert result == StageResult(outputs={path: as_text(edit)})
    assert not model.asked


async def test_the_structure_goes_by_an_edited_schema_that_leaves_an_entity_out(
    tmp_path: Path,
) -> None:
    less = Schema(entities=SCHEMA_DOC.entities[1:], endpoints=SCHEMA_DOC.endpoints[1:])
    session = open_session(tmp_path, ScriptedModel([]))
    result = await attempt(session, "3", DESIGN, {SCHEMA: as_text(less)})
    assert result.outputs[SCHEMA] == as_text(less)
    files = tuple(
        file.model_copy(
            update={
                "entities": ("Project",) if file.entities else (),
                "endpoints": tuple(name for name in file.endpoints if "projects" in name),
            }
        )
        for file in MODULE.files
    )
    edit = VALID.model_copy(update={"modules": (MODULE.model_copy(update={"files": files}),)})
    edits = {VALIDATED_STRUCTURE: as_text(edit)}
    await attempt(session, "5", {**DESIGN, SCHEMA: less}, edits)
    with pytest.raises(InputError, match="Task: no file holds this entity"):
        await attempt(session, "5", DESIGN, edits)


async def test_of_many_problems_of_an_edit_some_are_shown_and_the_rest_counted(
    tmp_path: Path,
) -> None:
    endpoint = SCHEMA_DOC.endpoints[0].model_copy(
        update={"requirements": tuple(f"FR-{number}" for number in range(10, 35))}
    )
    edit = SCHEMA_DOC.model_copy(update={"endpoints": (endpoint,)})
    session = open_session(tmp_path, ScriptedModel([]))
    with pytest.raises(InputError, match=r"FR-29, which is not a requirement; … and 5 more$"):
        await attempt(session, "3", DESIGN, {SCHEMA: as_text(edit)})
