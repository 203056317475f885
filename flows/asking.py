"""Asks a person how to go on when the attempts at mending a repository are at an end."""

from typing import Literal

from prefect.context import FlowRunContext
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import apause_flow_run, asuspend_flow_run
from prefect.input import RunInput
from prefect.utilities.urls import url_for
from pydantic import Field

from codegen.report_sections import fixes_section, tests_section
from core.artifacts.build_outcome import BuildOutcome, clipped
from core.artifacts.build_record import BuildStatus
from core.artifacts.fixes import Fixes, FixStatus, Guidance
from core.artifacts.report import TestReport
from core.build_events import BuildWaiting
from core.errors import StageFailedError
from core.layout import FIXES, GUIDANCE, TESTS_REPORT
from core.markdown import plain
from core.stages import Stage
from tasks.engine.build_events import publish_outcome
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_runner import run_stage

PAUSE_SECONDS = 24 * 3_600
"""How long a run without a deployment waits; then the result goes to a review branch."""

_POLL_SECONDS = 1
_GREEN: frozenset[FixStatus] = frozenset({"not-needed", "mended"})
_Action = Literal["Publish to a review branch", "Try again with guidance", "Abort the build"]


class Decision(RunInput):
    """How to go on with a repository whose tests do not pass."""

    action: _Action = Field(
        default="Publish to a review branch",
        title="How to go on",
        description="An aborted build can be started again, and comes back to this question.",
        json_schema_extra={"position": 0},
    )
    guidance: str = Field(
        default="",
        max_length=4_000,
        title="Guidance",
        description="For another round of attempts: what is wrong, or what should hold.",
        json_schema_extra={"position": 1},
    )


async def run_and_ask(session: BuildSession, stage: Stage) -> None:
    """Run a stage that mends, and ask a person for as long as there is something to decide.

    Every round begins where the stage did, with what was advised so far: what was answered and
    tested before is kept, so that only the new round takes time and money.

    Raises:
        StageFailedError: the stage failed, or a person aborted the build.
    """
    inputs = {path: session.artifacts[path] for path in stage.reads}
    rounds: list[str] = []
    while True:
        guidance = {GUIDANCE: Guidance(rounds=tuple(rounds)).model_dump_json()} if rounds else {}
        await run_stage(session, stage, {**inputs, **guidance})
        fixes = Fixes.model_validate_json(session.artifacts[FIXES])
        if fixes.status in _GREEN:
            return
        decision = await _decide(session, fixes, len(rounds))
        if decision.action == "Abort the build":
            await _abort(session, stage, fixes)
        if decision.action != "Try again with guidance":
            return
        rounds.append(decision.guidance)


async def _decide(session: BuildSession, fixes: Fixes, number: int) -> Decision:
    tests = TestReport.model_validate_json(session.artifacts[TESTS_REPORT])
    question = f"{_problem(session.questionnaire.project_name, fixes, tests)} How should it go on?"
    page = "\n\n".join(
        [plain(question), "## Tests", tests_section(tests), "## Fixes", fixes_section(fixes)]
    )
    asked = Decision.with_initial_data(description=page)
    key = f"fixes-{number}"
    await session.recorder.update(status=BuildStatus.WAITING)
    session.recorder.listener.waiting_for_person(question, _address())
    if not _was_asked(key):
        outcome = BuildOutcome.of(session.recorder.record)
        await publish_outcome(BuildWaiting(**outcome.model_dump(), question=clipped(question)))
    decision = await _answer(asked, key)
    await session.recorder.update(status=BuildStatus.RUNNING)
    await publish_outcome(BuildOutcome.of(session.recorder.record))
    return decision


def _was_asked(key: str) -> bool:
    """Whether this run was suspended for the question before, and goes on with its answer now."""
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    policy = run.empirical_policy if run is not None else None
    return key in ((policy.pause_keys if policy is not None else None) or ())


def _problem(name: str, fixes: Fixes, tests: TestReport) -> str:
    if tests.status == "not-run":
        return f"The tests of {name} could not be run."
    tried = f"after {len(fixes.attempts)} attempts at mending them"
    return (
        f"The tests of {name} do not pass {tried if fixes.attempts else 'and nothing was tried'}."
    )


async def _answer(asked: type[Decision], key: str) -> Decision:
    """Suspend the run where a worker can take it up again, else wait in this process."""
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None and context.flow_run.deployment_id:
        return await asuspend_flow_run(wait_for_input=asked, key=key)
    try:
        return await apause_flow_run(
            wait_for_input=asked, key=key, timeout=PAUSE_SECONDS, poll_interval=_POLL_SECONDS
        )
    except FlowPauseTimeout:
        return Decision()


def _address() -> str:
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    return (url_for("flow-run", obj_id=run.id) or "") if run is not None else ""


async def _abort(session: BuildSession, stage: Stage, fixes: Fixes) -> None:
    reason = f"a person aborted the build after {len(fixes.attempts)} attempts at mending it"
    attempts = max(session.attempts[stage.label], 1)
    done = session.recorder.record.stages[stage.number]
    await session.recorder.stage_failed(
        stage, attempts=attempts, error=reason, seconds=done.seconds
    )
    raise StageFailedError(stage.number, attempts, reason)
