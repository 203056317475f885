"""Stage 1: closes the gaps in the questionnaire."""

from codegen.change.refining import as_asked
from core.artifacts.answers import Clarification
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import ClarificationHistory, ClarificationRound
from core.layout import CLARIFICATION_HISTORY, SPECS, SPECS_REFINED
from prompts.contexts import ClarifierContext
from tasks.engine.changing.specs import clarify_change
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def clarify(work: StageWork) -> Outputs:
    """Ask what is unclear, and take the model's assumption as each question's answer.

    Where a product is changed, only the change is asked about.
    """
    if work.is_change:
        return await clarify_change(work)
    questionnaire = work.read(SPECS, Questionnaire)
    answer = await work.ask(ClarifierContext(questionnaire=questionnaire), Clarification)
    rounds = (ClarificationRound(number=1, questions=answer.questions),) if answer.questions else ()
    return {
        SPECS_REFINED: as_asked(questionnaire, answer.specs),
        CLARIFICATION_HISTORY: ClarificationHistory(rounds=rounds),
    }
