"""Stage 3.5: finds what does not fit together in docs and schema, with and without a model."""

from codegen.contracts import check_schema
from core.artifacts.answers import IssueList
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import StructuralIssues
from core.layout import DOCS, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.contexts import StructuralValidatorContext
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def find_issues(work: StageWork) -> Outputs:
    """Collect the model's issues after those that need no model."""
    schema = work.read(SCHEMA, Schema)
    checked = check_schema(work.read(SPECS_CLEAN, CleanSpec), schema)
    answer = await work.ask(
        StructuralValidatorContext(docs=work.read(DOCS), schema_=schema), IssueList
    )
    return {STRUCTURAL_ISSUES: StructuralIssues(issues=(*checked, *answer.issues))}
