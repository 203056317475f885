"""One attempt after another at a stage: what is asked again, what is not, and what is refused."""

from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from core.artifacts.answers import ModuleReview, SchemaPart
from core.artifacts.schema import Schema
from core.artifacts.specs import SpecEntity
from core.artifacts.structure import StructuralIssues
from core.errors import AnswerError, ProviderFailedError
from core.layout import (
    DOCS,
    FILE_STRUCTURE,
    SCHEMA,
    SPECS_CLEAN,
    STRUCTURAL_ISSUES,
)
from tasks.engine.build_session import BuildSession, session_opened
from tasks.engine.stage_call import StageResult
from tasks.engine.stage_runner import perform_stage
from tasks.schema_generator import ENTITIES_AT_ONCE
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


async def test_parts_that_do_not_fit_together_are_asked_for_anew(tmp_path: Path) -> None:
    first, last = NAMES[:ENTITIES_AT_ONCE], NAMES[ENTITIES_AT_ONCE:]
    same = [part(first, "/x"), part(last, "/x")]
    model = ScriptedModel([*same, *same, part(first, "/x"), part(last, "/y")])
    inputs: dict[str, str | BaseModel] = {SPECS_CLEAN: MANY, DOCS: "# T\n"}
    for asked in (2, 4):
        with pytest.raises(AnswerError, match="'GET /x' is there twice"):
            await attempt(open_session(tmp_path, model), "3", inputs)
        assert len(model.asked) == asked, "no answer of the attempt before was used again"
    result = await attempt(open_session(tmp_path, model), "3", inputs)
    assert Schema.model_validate_json(result.outputs[SCHEMA]).endpoints[1].path == "/y"
    assert len(model.asked) == 6
    again = await attempt(open_session(tmp_path, model), "3", inputs)
    assert again.outputs == result.outputs
    assert len(model.asked) == 6, "good answers stay"


async def test_each_round_of_a_review_and_each_attempt_at_it_asks_anew(tmp_path: Path) -> None:
    broken = ModuleReview(files=MODULE.files, tests=PLANNED[:1])
    whole = ModuleReview(files=MODULE.files, tests=PLANNED)
    model = ScriptedModel([*[broken] * MAX_ROUNDS * 2, broken, broken, whole])
    for number in (1, 2):
        with pytest.raises(AnswerError, match=f"after {MAX_ROUNDS} rounds: FR-2"):
            await attempt(open_session(tmp_path, model), "5", DESIGN)
        assert len(model.asked) == MAX_ROUNDS * number
    await attempt(open_session(tmp_path, model), "5", DESIGN)
    assert len(model.asked) == MAX_ROUNDS * 3


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
