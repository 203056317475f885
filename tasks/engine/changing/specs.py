"""Stages 1 and 1.5 of a changed product: only what the questionnaire's change concerns is asked."""

from pydantic import ValidationError

from codegen.change.refining import Refining
from codegen.change.specifying import Specifying
from codegen.change.tracing import check_coverage, check_sources, uncovered
from codegen.issues import refuse_errors
from codegen.schema_checks import check_spec
from core.artifacts.answers import ClarifiedChange, SpecChange
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import (
    ClarificationHistory,
    ClarificationRound,
    CleanSpec,
    RefinedSpec,
)
from core.errors import InputError
from core.layout import CLARIFICATION_HISTORY, SPECS, SPECS_CLEAN, SPECS_REFINED
from prompts.change_contexts import ClarifierChangeContext, NormalizerChangeContext
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def clarify_change(work: StageWork) -> Outputs:
    """Ask about features and entities that are new or changed; nothing where things only went."""
    history = work.before(CLARIFICATION_HISTORY, ClarificationHistory)
    refining = Refining(
        before=work.before(SPECS, Questionnaire),
        after=work.read(SPECS, Questionnaire),
        refined=work.before(SPECS_REFINED, RefinedSpec),
    )
    change = refining.change()
    answer = ClarifiedChange()
    if change.asked:
        answer = await work.ask(
            ClarifierChangeContext(
                questionnaire=refining.after, previous=refining.refined, change=change
            ),
            ClarifiedChange,
        )
    rounds = history.rounds
    if answer.questions:
        rounds = (*rounds, ClarificationRound(number=len(rounds) + 1, questions=answer.questions))
    return {
        SPECS_REFINED: refining.merged(answer),
        CLARIFICATION_HISTORY: ClarificationHistory(rounds=rounds),
    }


async def normalize_change(work: StageWork) -> Outputs:
    """Ask for requirements and entities that the change concerns; the others keep every word."""
    specifying = Specifying(
        before=work.before(SPECS_REFINED, RefinedSpec),
        after=work.read(SPECS_REFINED, RefinedSpec),
        spec=work.before(SPECS_CLEAN, CleanSpec),
    )

    uncovered_before = uncovered(specifying.spec, specifying.before)

    def check(answer: SpecChange) -> None:
        refuse_errors(check_sources((*answer.requirements, *answer.entities), specifying.after))
        specifying.check(answer)
        merged = specifying.merged(answer)
        refuse_errors(check_coverage(merged, specifying.after, uncovered_before))
        refuse_errors(check_spec(merged))

    change = specifying.change()
    if not change.asked:
        return {SPECS_CLEAN: _without_answer(specifying)}
    context = NormalizerChangeContext(
        specs=specifying.after, previous=specifying.spec, change=change
    )
    return {SPECS_CLEAN: specifying.merged(await work.ask(context, SpecChange, check))}


def _without_answer(specifying: Specifying) -> CleanSpec:
    """The clean spec where things are only gone.

    Raises:
        InputError: nothing is left to be built.
    """
    try:
        return specifying.merged(SpecChange())
    except ValidationError:  # a mistake of ours, with a trace
        raise
    except ValueError as error:
        raise InputError(f"the changed questionnaire cannot be built: {error}") from error
