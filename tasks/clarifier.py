"""Stage 1: closes the gaps in the questionnaire."""

from codegen.change.refining import as_asked
from core.artifacts.answers import Clarification
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import ClarificationHistory
from core.layout import CLARIFICATION_HISTORY, SPECS, SPECS_REFINED
from prompts.contexts import ClarifierContext
from tasks.engine.changing.specs import answered_before, clarify_change, grown
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def clarify(work: StageWork) -> Outputs:
    """Ask what is unclear, and take the model's assumption as each question's answer.

    Where the flow asked a person (`flows/asking_questions.py`), the model is given the answers, and
    writes the spec by them. Where a product is changed, only the change is asked about.
    """
    if work.is_change:
        return await clarify_change(work)
    questionnaire = work.read(SPECS, Questionnaire)
    answered = answered_before(work)
    context = ClarifierContext(questionnaire=questionnaire, answered=answered)
    answer = await work.ask(context, Clarification)
    # In the person's own words, whatever the model made of them.
    refined = answer.specs.model_copy(update={"answers": answered.answers})
    return {
        SPECS_REFINED: as_asked(questionnaire, refined),
        CLARIFICATION_HISTORY: grown(ClarificationHistory(), answered, answer.questions),
    }
