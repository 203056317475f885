"""Asks a person how to go on when the attempts at mending a repository are at an end."""

from typing import Literal

from prefect.logging import get_run_logger
from pydantic import Field

from codegen.report_sections import fixes_section, tests_section
from core.artifacts.fixes import Fixes, FixStatus, Guidance
from core.artifacts.report import TestReport
from core.layout import FIXES, GUIDANCE, TESTS_REPORT
from core.markdown import plain
from core.stages import Stage
from flows.asking_person import Form, Question, ask_person, question_name, stop
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_runner import run_stage

_GREEN: frozenset[FixStatus] = frozenset({"not-needed", "mended"})
_Action = Literal["Publish to a review branch", "Try again with guidance", "Abort the build"]


class Decision(Form):
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

    def holds(self, *, same_run: bool) -> bool:
        """Advice holds; a build that goes on in another run may be given some after all."""
        if self.action == "Publish to a review branch":
            return same_run
        return self.action != "Abort the build"


async def run_and_mend(session: BuildSession, stage: Stage) -> None:
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
        if fixes.status in _GREEN or not session.options.interactive:
            return
        decision = await _decide(session, stage, fixes, len(rounds))
        if decision.action == "Abort the build":
            tried = len(fixes.attempts)
            await stop(
                session, stage, f"a person aborted the build after {tried} attempts at mending it"
            )
        if decision.action != "Try again with guidance":
            return
        rounds.append(decision.guidance)


async def _decide(session: BuildSession, stage: Stage, fixes: Fixes, number: int) -> Decision:
    tests = TestReport.model_validate_json(session.artifacts[TESTS_REPORT])
    text = f"{_problem(session.questionnaire.project_name, fixes, tests)} How should it go on?"
    page = "\n\n".join(
        [plain(text), "## Tests", tests_section(tests), "## Fixes", fixes_section(fixes)]
    )
    name = question_name(
        f"fixes-{number}", session.salt(stage), fixes.commit, tests.model_dump_json()
    )
    question = Question(form=Decision, name=name, text=text, page=page)
    answer = await ask_person(session, question)
    if not answer.attended:
        get_run_logger().warning("Nobody decided in time: the result goes to a review branch")
    return answer.form


def _problem(name: str, fixes: Fixes, tests: TestReport) -> str:
    if tests.status == "not-run":
        return f"The tests of {name} could not be run."
    tried = f"after {len(fixes.attempts)} attempts at mending them"
    return (
        f"The tests of {name} do not pass {tried if fixes.attempts else 'and nothing was tried'}."
    )
