"""Stage 1.5: numbers the requirements and types the entities."""

from core.artifacts.specs import CleanSpec, RefinedSpec
from core.layout import SPECS_CLEAN, SPECS_REFINED
from prompts.contexts import NormalizerContext
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def normalize(work: StageWork) -> Outputs:
    """Turn the refined spec into one without ambiguity."""
    specs = work.read(SPECS_REFINED, RefinedSpec)
    return {SPECS_CLEAN: await work.ask(NormalizerContext(specs=specs), CleanSpec)}
