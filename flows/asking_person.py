"""Asks a person something while a build runs: at the terminal, or as a form in the Prefect UI.

A deployed run is suspended: its process ends, and the run is taken up again with the answer. A run
without a deployment waits in its process. Either way there is a time after which what stands for
nobody's answer is taken; `tasks/unanswered.py` does so for suspended runs. Each answer is kept with
the build, which never asks the same again, whichever run it goes on in.
"""

import asyncio
import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.flow_runs import apause_flow_run, asuspend_flow_run
from prefect.input import RunInput
from prefect.input.actions import aread_flow_run_input
from prefect.logging import get_run_logger
from prefect.utilities.urls import url_for
from pydantic import GetJsonSchemaHandler, JsonValue
from pydantic_core import CoreSchema

from core.artifacts.build_outcome import BuildOutcome, clipped
from core.artifacts.build_record import BuildStatus
from core.artifacts.decisions import Decision, Decisions
from core.build_events import BuildWaiting
from core.errors import ArtifactNotFoundError, StageFailedError
from core.layout import DECISIONS, build_prefix
from core.stages import Stage
from tasks.engine.build_events import publish_outcome
from tasks.engine.build_recorder import utc_now
from tasks.engine.build_session import BuildSession
from tasks.unanswered import GRACE_SECONDS, UNATTENDED, answer_unattended, note_of

_POLL_SECONDS = 1


class Form(RunInput):
    """What a person fills in; every field has a default.

    Attributes:
        unattended: the fields of what stands for nobody's answer that are not the defaults.
    """

    unattended: ClassVar[Mapping[str, JsonValue]] = {}

    def holds(self, *, same_run: bool) -> bool:
        """Whether this answer is still one when the same is asked again.

        Args:
            same_run: whether it is the run that was answered, after its process came to an end.
        """
        return True

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """With what stands for nobody's answer, for whoever gives it."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema[UNATTENDED] = dict(cls.unattended)
        return schema


FormT = TypeVar("FormT", bound=Form)


@dataclass(frozen=True)
class Question(Generic[FormT]):
    """Something to be asked.

    Attributes:
        form: what is filled in.
        name: names the question within the build: small letters, digits and hyphens. The same
            name is the same question, which is asked again only where its answer does not hold.
        text: the question, in a sentence or two.
        page: all that a person needs to know to answer it, as Markdown.
    """

    form: type[FormT]
    name: str
    text: str
    page: str


@dataclass(frozen=True)
class Answer(Generic[FormT]):
    """What came back.

    Attributes:
        form: filled in.
        attended: whether a person did.
    """

    form: FormT
    attended: bool


class Terminal(Protocol):
    """Asks whoever sits at the terminal."""

    async def ask(self, question: Question[FormT], seconds: float) -> Answer[FormT]:
        """Ask, and wait for so many seconds at most."""
        ...


_terminal: ContextVar[Terminal | None] = ContextVar("terminal", default=None)


@contextmanager
def answered_at(terminal: Terminal) -> Generator[None]:
    """Builds awaited inside ask at this terminal."""
    token = _terminal.set(terminal)
    try:
        yield
    finally:
        _terminal.reset(token)


def question_name(kind: str, *parts: str) -> str:
    """Name of a question that is another one where any of the parts is."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return f"{kind}-{digest}"


async def kept_answer(session: BuildSession, question: Question[FormT]) -> Answer[FormT] | None:
    """What was answered in this or an earlier run of the build, and still holds.

    Raises:
        StorageError: the store failed.
    """
    answer, _ = await _looked_up(session, question)
    return answer


async def ask_person(session: BuildSession, question: Question[FormT]) -> Answer[FormT]:
    """Ask, unless it was answered before, and wait.

    Raises:
        Pause: the run is suspended; this process is to end.
        StorageError: the store failed.
    """
    kept, name = await _looked_up(session, question)
    if kept is not None:
        return kept
    question = replace(question, name=name)
    await session.recorder.update(status=BuildStatus.WAITING)
    if not _was_asked(name):
        outcome = BuildOutcome.of(session.recorder.record)
        text = clipped(question.text)
        await publish_outcome(BuildWaiting(**outcome.model_dump(), question=text))
    answer = await _answered(session, question)
    await _keep(session, question, answer)
    await session.recorder.update(status=BuildStatus.RUNNING)
    await publish_outcome(BuildOutcome.of(session.recorder.record))
    return answer


async def stop(session: BuildSession, stage: Stage, reason: str) -> NoReturn:
    """End the build because a person wants so; started again, it comes back to the question.

    Raises:
        StageFailedError: always.
    """
    attempts = max(session.attempts[stage.label], 1)
    done = session.recorder.record.stages[stage.number]
    await session.recorder.stage_failed(
        stage, attempts=attempts, error=reason, seconds=done.seconds
    )
    raise StageFailedError(stage.number, attempts, reason)


async def _looked_up(
    session: BuildSession, question: Question[FormT]
) -> tuple[Answer[FormT] | None, str]:
    """The answer that holds, or the name under which it is to be asked now.

    It is another one after each answer that does not hold, and where the run went on without one:
    Prefect never suspends a run twice under the same name.
    """
    decisions = (await _decisions(session)).decisions
    run_id = session.recorder.record.flow_run_id
    name = question.name
    for times in count(2):
        found = decisions.get(name)
        if found is not None:
            form = question.form.model_validate(found.answer)
            if form.holds(same_run=found.flow_run_id == run_id):
                return Answer(form, found.attended), name
        elif not _was_asked(name) or await _was_resumed(name):
            break
        name = f"{question.name}-{times}"
    return None, name


async def _answered(session: BuildSession, question: Question[FormT]) -> Answer[FormT]:
    seconds = session.settings.answer_seconds
    terminal = _terminal.get()
    if terminal is not None:
        return await terminal.ask(question, seconds)
    session.recorder.listener.waiting_for_person(question.text, _address())
    get_run_logger().warning(
        "A person is asked: %s Resume, in the menu ⋮ of this run, shows the form; after %s without "
        "an answer the build goes on, or halts, by itself",
        question.text,
        timedelta(seconds=seconds),
    )
    form = question.form.with_initial_data(description=question.page)
    run = _current_run()
    if run is not None and run.deployment_id:
        filled = await asuspend_flow_run(
            wait_for_input=form, key=question.name, timeout=seconds + GRACE_SECONDS
        )
    else:
        filled = await _paused(form, question.name, seconds)
    note = await aread_flow_run_input(note_of(filled.metadata.key))
    return Answer(filled, attended=note is None)


async def _paused(form: type[FormT], name: str, seconds: int) -> FormT:
    """Wait in this process, which answers by itself when the time is up."""
    answering = asyncio.create_task(_answer_later(seconds))
    try:
        return await apause_flow_run(
            wait_for_input=form,
            key=name,
            timeout=seconds + GRACE_SECONDS,
            poll_interval=_POLL_SECONDS,
        )
    finally:
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering


async def _answer_later(seconds: int) -> None:
    await asyncio.sleep(seconds)
    current = _current_run()
    if current is not None:
        async with get_client() as client:
            await answer_unattended(client, await client.read_flow_run(current.id))


async def _decisions(session: BuildSession) -> Decisions:
    try:
        return await session.store.read_artifact(_key(session), Decisions)
    except ArtifactNotFoundError:
        return Decisions()


async def _keep(session: BuildSession, question: Question[FormT], answer: Answer[FormT]) -> None:
    made = Decision(
        question=question.text,
        answer=answer.form.model_dump(mode="json"),
        attended=answer.attended,
        decided_at=utc_now(),
        flow_run_id=session.recorder.record.flow_run_id,
    )
    known = await _decisions(session)
    decisions = {**known.decisions, question.name: made}
    await session.store.write_artifact(_key(session), Decisions(decisions=decisions))


def _key(session: BuildSession) -> str:
    return build_prefix(session.build_id) + DECISIONS


def _was_asked(name: str) -> bool:
    """Whether this run was suspended for the question before, and goes on with its answer now."""
    run = _current_run()
    policy = run.empirical_policy if run is not None else None
    return name in ((policy.pause_keys if policy is not None else None) or ())


async def _was_resumed(name: str) -> bool:
    """Whether somebody answered the question for which this run was suspended.

    A run that was marked as crashed, or cancelled, while it waited, and was then tried again, was
    not answered; without this, Prefect would take the form's defaults for the answer.
    """
    run = _current_run()
    if run is None:
        return False
    async with get_client() as client:
        states = await client.read_flow_run_states(run.id)
    states.sort(key=lambda state: state.timestamp)
    return any(
        before.state_details.pause_key == name and after.name == "Resuming"
        for before, after in pairwise(states)
    )


def _address() -> str:
    run = _current_run()
    return (url_for("flow-run", obj_id=run.id) or "") if run is not None else ""


def _current_run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context is not None else None
