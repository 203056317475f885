"""Stages 1 and 1.5 of a changed product: only what the questionnaire's change concerns is asked."""

from pydantic import ValidationError

from codegen.change.refining import Refining
from codegen.change.specifying import Specifying
from codegen.change.tracing import check_coverage, check_sources, uncovered
from codegen.issues import refuse_errors
from codegen.schema_checks import check_spec
from codegen.spec_answers import with_answers
from core.artifacts.answers import ClarifiedChange, SpecChange
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import (
    ClarificationHistory,
    ClarificationRound,
    ClarifyingQuestion,
    CleanSpec,
    RefinedSpec,
)
from core.errors import InputError
from core.layout import ANSWERS, CLARIFICATION_HISTORY, SPECS, SPECS_CLEAN, SPECS_REFINED
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
    answered = answered_before(work)
    change = refining.change()
    answer = ClarifiedChange()
    if change.is_question:
        answer = await work.ask(
            ClarifierChangeContext(
                questionnaire=refining.after,
                answered=answered,
                previous=refining.refined,
                change=change,
            ),
            ClarifiedChange,
        )
    return {
        SPECS_REFINED: refining.merged(answer, answered),
        CLARIFICATION_HISTORY: grown(history, answered, answer.questions),
    }


def answered_before(work: StageWork) -> ClarificationHistory:
    """What was asked of a person in this build so far, with the answers."""
    text = work.call.inputs.get(ANSWERS)
    return ClarificationHistory() if text is None else work.read(ANSWERS, ClarificationHistory)


def grown(
    before: ClarificationHistory,
    answered: ClarificationHistory,
    questions: tuple[ClarifyingQuestion, ...],
) -> ClarificationHistory:
    """The history with what was answered, and at its end what is asked now.

    Args:
        before: of the build that this one changes; empty where there is none.
        answered: rounds of this build that a person answered.
        questions: those that are asked now.
    """
    rounds = (*before.rounds, *answered.rounds)
    if questions:
        # Whoever answered, it was not the model.
        assumed = tuple(one.model_copy(update={"answered_by": "assumption"}) for one in questions)
        rounds = (*rounds, ClarificationRound(number=len(rounds) + 1, questions=assumed))
    return ClarificationHistory(rounds=rounds)


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
    if not change.is_question:
        return {SPECS_CLEAN: with_answers(_without_answer(specifying), specifying.after.answers)}
    context = NormalizerChangeContext(
        specs=specifying.after, previous=specifying.spec, change=change
    )
    merged = specifying.merged(await work.ask(context, SpecChange, check))
    return {SPECS_CLEAN: with_answers(merged, specifying.after.answers)}


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
