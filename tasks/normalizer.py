"""Stage 1.5: numbers the requirements and types the entities."""

from codegen.issues import refuse_errors
from codegen.schema_checks import check_spec
from core.artifacts.specs import CleanSpec, RefinedSpec
from core.layout import SPECS_CLEAN, SPECS_REFINED
from prompts.contexts import NormalizerContext
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def normalize(work: StageWork) -> Outputs:
    """Turn the refined spec into one without ambiguity, whose names code can use."""

    def check(spec: CleanSpec) -> None:
        refuse_errors(check_spec(spec))

    specs = work.read(SPECS_REFINED, RefinedSpec)
    return {SPECS_CLEAN: await work.ask(NormalizerContext(specs=specs), CleanSpec, check)}
