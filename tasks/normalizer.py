"""Stage 1.5: numbers the requirements and types the entities."""

from codegen.change.tracing import check_coverage, check_sources, traced
from codegen.issues import refuse_errors
from codegen.schema_checks import check_spec
from codegen.spec_answers import with_answers
from core.artifacts.specs import CleanSpec, RefinedSpec
from core.layout import SPECS_CLEAN, SPECS_REFINED
from prompts.contexts import NormalizerContext
from tasks.engine.changing.specs import normalize_change
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def normalize(work: StageWork) -> Outputs:
    """Turn the refined spec into one without ambiguity, whose names code can use.

    Where a product is changed, only what the change concerns is asked for.
    """

    if work.is_change:
        return await normalize_change(work)
    specs = work.read(SPECS_REFINED, RefinedSpec)

    def check(spec: CleanSpec) -> None:
        refuse_errors(check_sources((*spec.requirements, *spec.entities), specs))
        refuse_errors(check_coverage(spec, specs))
        refuse_errors(check_spec(spec))

    spec = await work.ask(NormalizerContext(specs=specs), CleanSpec, check)
    return {SPECS_CLEAN: with_answers(traced(spec, specs), specs.answers)}
