"""One stage at work on answers that are scripted at the transport."""

from pathlib import Path

from pydantic import BaseModel

from core.artifacts.answers import (
    ModuleReview,
)
from core.artifacts.specs import (
    RefinedSpec,
)
from core.artifacts.structure import (
    StructuralIssues,
    ValidatedStructure,
)
from core.layout import (
    DOCS,
    SCHEMA,
    SPECS_CLEAN,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
)
from tasks.engine.stage_call import as_text
from tasks.engine.stage_work import StageWork
from tests.codegen.structures import (
    MODULE,
    PLANNED,
    SPEC,
    STRUCTURE,
)
from tests.codegen.structures import (
    SCHEMA as SCHEMA_DOC,
)
from tests.tasks.sessions import Asked, ScriptedModel, open_session, work_on

DOCS_TEXT = "# T\n\n### FR-1: a\n\n### FR-2: b\n\n### Task\n\n### Project\n"
REFINED = RefinedSpec(project_name="Task Tracker", summary="Keeps tasks.")
NO_ISSUES = StructuralIssues()
DESIGN: dict[str, str | BaseModel] = {
    SPECS_CLEAN: SPEC,
    DOCS: DOCS_TEXT,
    SCHEMA: SCHEMA_DOC,
    STRUCTURAL_ISSUES: NO_ISSUES,
}
REVIEW = ModuleReview(files=MODULE.files, tests=PLANNED)


class Bench:
    """One stage at work on scripted answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.model = ScriptedModel([])

    def work(
        self,
        stage: str,
        inputs: dict[str, str | BaseModel],
        *answers: str | BaseModel | Asked,
        edits: dict[str, str] | None = None,
        file: str = "",
    ) -> StageWork:
        self.model = ScriptedModel(answers)
        session = open_session(self._folder, self.model)
        session.artifacts[VALIDATED_STRUCTURE] = as_text(
            ValidatedStructure(modules=STRUCTURE.modules)
        )
        return work_on(session, stage, inputs, edits=edits, file=file)

    @property
    def prompts(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.model.asked]
