"""Stage 0: the questionnaire becomes the build's first artifact."""

from core.artifacts.questionnaire import Questionnaire
from core.layout import PARAMETERS, SPECS
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def read_questionnaire(work: StageWork) -> Outputs:
    """Write the questionnaire down as the flow was given it."""
    return {SPECS: work.read(PARAMETERS, Questionnaire)}
