"""Stage 3.5: finds what does not fit together in docs and schema, with and without a model."""

from codegen.issues import errors_in
from codegen.schema_checks import check_edited_schema
from core.artifacts.answers import IssueList
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import StructuralIssue, StructuralIssues
from core.errors import InputError
from core.layout import DOCS, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.contexts import StructuralValidatorContext
from tasks.engine.changing.design import issues_of_change
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def find_issues(work: StageWork) -> Outputs:
    """Collect the model's issues after those that need no model.

    Raises:
        InputError: the schema names what the spec does not have. Stage 3 passes no such schema
            on, so that no model can mend it.
    """
    schema = work.read(SCHEMA, Schema)
    checked = check_edited_schema(work.read(SPECS_CLEAN, CleanSpec), schema)
    errors = errors_in(checked)
    if errors:
        shown = "; ".join(f"{issue.place}: {issue.message}" for issue in errors[:5])
        raise InputError(f"{SCHEMA}: {shown}")
    if work.is_change:
        found = await issues_of_change(work, schema)
        return {STRUCTURAL_ISSUES: StructuralIssues(issues=(*checked, *found))}
    answer = await work.ask(
        StructuralValidatorContext(docs=work.read(DOCS), schema_=schema), IssueList
    )
    return {STRUCTURAL_ISSUES: StructuralIssues(issues=(*checked, *_numbered(answer.issues)))}


def _numbered(issues: tuple[StructuralIssue, ...]) -> list[StructuralIssue]:
    """The model's issues under ids that stage 5 can tell apart, and never as a program's."""
    return [
        issue.model_copy(update={"id": f"SI-{number}", "source": "model"})
        for number, issue in enumerate(issues, start=1)
    ]
