"""Asks a person to approve the structure before code is written, and hands back what they want."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from codegen.structure_page import structure_summary
from core.artifacts.fixes import Guidance
from core.artifacts.structure import Module, ValidatedStructure
from core.layout import FILE_STRUCTURE, GUIDANCE, REFUSED, VALIDATED_STRUCTURE
from core.markdown import plain
from core.stages import Stage
from flows.asking_person import (
    Answer,
    Form,
    Question,
    ask_person,
    kept_answer,
    question_name,
    stop,
)
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_runner import run_stage
from tasks.engine.structure_approval import show_structure

MAX_CHANGES = 3
"""How often a structure can be sent back; after that it is approved or not."""

_WRITE = "Write the code"
_CHANGE = "Change the structure"
_STOP = "Stop here"
_Action = Literal["Write the code", "Change the structure", "Stop here"]


class Approval(Form):
    """Whether code is to be written by the structure that is shown."""

    # Nobody's answer is no approval: what is written costs money.
    unattended: ClassVar[Mapping[str, JsonValue]] = {"action": _STOP}

    action: _Action = Field(
        default=_WRITE,
        title="How to go on",
        description="A build that is stopped can be started again, and asks this again.",
        json_schema_extra={"position": 0},
    )
    changes: str = Field(
        default="",
        max_length=4_000,
        title="What should be different",
        description="To change the structure, say in your own words what you want otherwise; "
        "without, you are asked again.",
        json_schema_extra={"position": 1},
    )

    def holds(self, *, same_run: bool) -> bool:
        """A build that was stopped asks again, and so does a wish without words."""
        return self.action == _WRITE or (self.action == _CHANGE and bool(self.changes.strip()))


async def run_and_approve(session: BuildSession, stage: Stage) -> None:
    """Run stage 5, and have its structure approved where that is wanted.

    What a person wants otherwise goes to the model of stage 4, with the structure that was refused;
    then stage 5 reviews again. What was decided in an earlier run of the build holds in every later
    one.

    Raises:
        StageFailedError: a stage failed, or a person stopped the build, or nobody answered.
        Pause: the run is suspended until there is an answer.
    """
    (planning,) = (other for other in session.table.stages if FILE_STRUCTURE in other.writes)
    inputs = session.call_for(planning).inputs
    changes: tuple[str, ...] = ()
    while True:
        await run_stage(session, stage)
        expected = await show_structure(session)
        answer = await _answer(session, _question(session, stage, expected, len(changes)))
        if answer is None or answer.form.action == _WRITE:
            return
        if answer.form.action == _STOP or len(changes) == MAX_CHANGES:
            await stop(session, stage, _why(answer))
        if not answer.form.changes.strip():
            continue
        changes = (*changes, answer.form.changes)
        guided = {
            GUIDANCE: Guidance(rounds=changes).model_dump_json(),
            REFUSED: session.artifacts[VALIDATED_STRUCTURE],
        }
        await run_stage(session, planning, {**inputs, **guided})


def _question(
    session: BuildSession, stage: Stage, expected: str, changed: int
) -> Question[Approval]:
    text = session.artifacts[VALIDATED_STRUCTURE]
    structure = ValidatedStructure.model_validate_json(text)
    name = session.questionnaire.project_name
    left = MAX_CHANGES - changed
    words = (
        f"It can be changed {left} more {'time' if left == 1 else 'times'}."
        if left
        else "It was changed as often as it can be: to change it again stops the build."
    )
    modules = "".join(
        f"- **{plain(module.name)}** ({_files(module)}): {plain(module.purpose)}\n"
        for module in structure.modules
    )
    return Question(
        form=Approval,
        name=question_name(f"structure-{changed + 1}", session.salt(stage), text),
        text=f"Shall the code of {name} be written by this structure?",
        page=f"{plain(f'Shall the code of {name} be written by this structure?')}\n\n"
        f"{structure_summary(structure)} {plain(expected)} {words}\n\n{modules}\n"
        "All files with their contracts, the tests, the packages and the expected cost are on the "
        "page `structure` among the run's artifacts.",
    )


async def _answer(session: BuildSession, question: Question[Approval]) -> Answer[Approval] | None:
    if session.options.approve_structure:
        return await ask_person(session, question)
    return await kept_answer(session, question)


def _files(module: Module) -> str:
    return "1 file" if len(module.files) == 1 else f"{len(module.files)} files"


def _why(answer: Answer[Approval]) -> str:
    if not answer.attended:
        return "nobody approved the structure in time"
    if answer.form.action == _CHANGE:
        return (
            f"the structure was changed {MAX_CHANGES} times, and a person wants it otherwise still"
        )
    return "a person did not approve the structure"
