"""Asks a person whether a build that reached its limit of money may spend more."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal, cast

from pydantic import Field, JsonValue, create_model

from core.errors import SpendingLimitError, StageFailedError
from core.markdown import plain
from core.stages import Stage
from flows.asking_person import Answer, Form, Question, ask_person, kept_answer, question_name
from tasks.engine.build_session import BuildSession
from tasks.engine.raised_limit import QUESTION

Run = Callable[[BuildSession, Stage], Awaitable[None]]

_STOP = "Stop here"


class Budget(Form):
    """Whether more may be spent on a build than its limit allows."""

    unattended: ClassVar[Mapping[str, JsonValue]] = {"action": _STOP}

    action: Literal["Raise the limit", "Stop here"] = Field(
        default=_STOP,
        title="How to go on",
        description="A build that is stopped can be started again, and goes on where it was.",
        json_schema_extra={"position": 0},
    )
    limit_usd: float = Field(default=0, title="Limit", json_schema_extra={"position": 1})

    def holds(self, *, same_run: bool) -> bool:
        """What was allowed stays allowed; a build that was stopped asks again."""
        return self.action != _STOP


async def run_within_budget(session: BuildSession, stage: Stage, run: Run) -> None:
    """Run a stage, and again with a higher limit each time that a person raises it.

    Only the limit of the build can be raised, and only as far as the operator's settings allow:
    those of one call and of a user's month are theirs. Unattended, the build halts.

    Raises:
        StageFailedError: the stage failed, or the limit stays as it is.
        Pause: the run is suspended until there is an answer.
    """
    while True:
        with session.recorder.failures_held():
            try:
                await run(session, stage)
            except StageFailedError as error:
                if error.cause != SpendingLimitError.__name__:
                    raise
                raised = await _raised_limit(session, error)
                if raised is None:
                    raise
                session.raise_limit(raised)
                await session.recorder.update(failed_at=None)
            else:
                return


async def _raised_limit(session: BuildSession, error: StageFailedError) -> Decimal | None:
    """The new limit of the build; `None` where it stays."""
    limit = session.spending.per_build_usd
    most = session.settings.spending.raised_per_build_usd
    if "PER_BUILD_USD" not in error.reason or limit >= most:
        return None
    question = _question(session, error, limit, most)
    answer = await _answer(session, question)
    if answer is None or answer.form.action == _STOP:
        return None
    return Decimal(str(answer.form.limit_usd))


def _question(
    session: BuildSession, error: StageFailedError, limit: Decimal, most: Decimal
) -> Question[Budget]:
    spent = session.recorder.record.totals.cost_usd
    text = (
        f"{session.questionnaire.project_name} has cost ${spent:,.2f}, and the next call could "
        f"exceed the limit of ${limit:,.2f}. May it cost more?"
    )
    return Question(
        form=_form(limit, most),
        name=question_name(QUESTION, session.salt(session.table[error.stage]), str(limit)),
        text=text,
        page=f"{plain(text)}\n\nStage {plain(session.table[error.stage].label)} is not done. "
        f"{plain(error.reason)}\n\nThe plan of the build, on the page `plan` among the run's "
        "artifacts, has what all of it was expected to cost.",
    )


def _form(limit: Decimal, most: Decimal) -> type[Budget]:
    field = (
        float,
        Field(
            default=float(min(2 * limit, most)),
            gt=float(limit),
            le=float(most),
            title="New limit, in US dollars",
            description=f"For all of the build, above ${limit:,.2f} and up to ${most:,.2f}.",
            json_schema_extra={"position": 1},
        ),
    )
    fields = cast("dict[str, Any]", {"limit_usd": field})
    return create_model("Budget", __base__=Budget, **fields)


async def _answer(session: BuildSession, question: Question[Budget]) -> Answer[Budget] | None:
    if not session.options.interactive:
        return await kept_answer(session, question)
    return await ask_person(session, question)
