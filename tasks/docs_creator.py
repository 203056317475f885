"""Stage 2: writes the documentation that later stages build from."""

from codegen.documents import check_docs
from core.artifacts.specs import CleanSpec
from core.layout import DOCS, SPECS_CLEAN
from prompts.contexts import DocsCreatorContext
from tasks.engine.changing.design import docs_of_change
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def create_docs(work: StageWork) -> Outputs:
    """Describe the product in Markdown, requirement by requirement."""
    spec = work.read(SPECS_CLEAN, CleanSpec)
    if work.is_change and (docs := await docs_of_change(work)) is not None:
        return {DOCS: docs}

    def parse(answer: str) -> str:
        return check_docs(answer, spec)

    return {DOCS: await work.ask_text(DocsCreatorContext(specs=spec), parse)}
