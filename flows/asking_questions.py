"""Asks a person what stage 1 finds unclear, and hands it the answers, in several rounds."""

from collections.abc import Mapping
from typing import Any

from prefect.logging import get_run_logger
from pydantic import Field, create_model

from core.artifacts.specs import ClarificationHistory, ClarificationRound
from core.layout import ANSWERS, CLARIFICATION_HISTORY
from core.markdown import plain
from core.printable import printable
from core.stages import Stage
from flows.asking_person import Answer, Form, Question, ask_person, kept_answer, question_name
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_call import BASELINE
from tasks.engine.stage_runner import run_stage

MAX_ROUNDS = 3
"""Rounds of questions to a person; what is open after the last one is assumed."""

_LONGEST_ANSWER = 4_000


class Answers(Form):
    """Answers to some questions, each a field of its own besides these."""

    enough: bool = Field(
        default=False,
        title="No further questions",
        description="Assume what is still open after these.",
        json_schema_extra={"position": 99},
    )


async def run_and_clarify(session: BuildSession, stage: Stage) -> None:
    """Run stage 1, and again with what a person answered, until nothing more is to be asked.

    Where nobody answers, or nobody is to be asked, the model's assumptions stay. What was answered
    in an earlier run of the build holds in every later one.

    Raises:
        StageFailedError: the stage failed.
        Pause: the run is suspended until there is an answer.
    """
    inputs = session.call_for(stage).inputs
    answered: tuple[ClarificationRound, ...] = ()
    enough = False
    while True:
        so_far = {ANSWERS: ClarificationHistory(rounds=answered).model_dump_json()}
        await run_stage(session, stage, inputs | so_far if answered else inputs)
        asked = _open_round(session, inputs, len(answered))
        if asked is None or enough or len(answered) == MAX_ROUNDS:
            return
        question = _question(session, stage, asked, number=len(answered) + 1)
        answer = await _answer(session, question)
        texts = _texts(answer.form, asked) if answer is not None else ()
        if answer is None or not any(texts):
            return
        answered = (*answered, _with_answers(asked, texts))
        enough = answer.form.enough


def _open_round(
    session: BuildSession, inputs: Mapping[str, str], answered: int
) -> ClarificationRound | None:
    """The questions that stage 1 has now, beyond those of the build before and those answered."""
    earlier = _history(inputs.get(BASELINE + CLARIFICATION_HISTORY))
    rounds = _history(session.artifacts[CLARIFICATION_HISTORY])[len(earlier) + answered :]
    return rounds[0] if rounds else None


def _history(text: str | None) -> tuple[ClarificationRound, ...]:
    return ClarificationHistory.model_validate_json(text).rounds if text else ()


def _question(
    session: BuildSession, stage: Stage, asked: ClarificationRound, number: int
) -> Question[Answers]:
    name = plain(session.questionnaire.project_name)
    few = "one question" if len(asked.questions) == 1 else f"{len(asked.questions)} questions"
    text = f"There {'is' if few == 'one question' else 'are'} {few} about {name}."
    rest = "" if number == MAX_ROUNDS else " More may follow from your answers."
    return Question(
        form=_form(asked),
        name=question_name(f"questions-{number}", session.salt(stage), asked.model_dump_json()),
        text=text,
        page=f"{text} What you leave empty is assumed as it stands below it.{rest}",
    )


def _form(asked: ClarificationRound) -> type[Answers]:
    fields: dict[str, Any] = {
        f"answer_{place}": (
            str,
            Field(
                default="",
                max_length=_LONGEST_ANSWER,
                title=printable(one.question),
                description=printable(f"{one.reason} Left empty: {one.answer}".strip()),
                json_schema_extra={"position": place},
            ),
        )
        for place, one in enumerate(asked.questions, 1)
    }
    return create_model("Answers", __base__=Answers, **fields)


async def _answer(session: BuildSession, question: Question[Answers]) -> Answer[Answers] | None:
    if not session.options.interactive:
        return await kept_answer(session, question)
    answer = await ask_person(session, question)
    if not answer.attended:
        get_run_logger().warning("Nobody answered the questions in time: all is assumed")
    return answer


def _texts(form: Answers, asked: ClarificationRound) -> tuple[str, ...]:
    """A text for each question; empty where there is no answer."""
    places = range(1, len(asked.questions) + 1)
    return tuple(getattr(form, f"answer_{place}").strip() for place in places)


def _with_answers(asked: ClarificationRound, texts: tuple[str, ...]) -> ClarificationRound:
    questions = tuple(
        one.model_copy(update={"answer": text, "answered_by": "person"}) if text else one
        for one, text in zip(asked.questions, texts, strict=True)
    )
    return asked.model_copy(update={"questions": questions})
