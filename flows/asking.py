"""Runs a stage, and asks a person what its row says that one may be asked about."""

from collections.abc import Awaitable, Callable

from core.stages import Stage
from flows.asking_fixes import run_and_mend
from flows.asking_questions import run_and_clarify
from flows.fan_out import write_files
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_runner import run_stage

_ASKING: dict[str, Callable[[BuildSession, Stage], Awaitable[None]]] = {
    "questions": run_and_clarify,
    "fixes": run_and_mend,
}


async def run_and_ask(session: BuildSession, stage: Stage) -> None:
    """Run a stage to its end, with all that a person decides about it.

    Raises:
        StageFailedError: the stage failed, or a person stopped the build.
        Pause: the run is suspended until a person has decided.
    """
    if stage.fan_out:
        await write_files(session, stage)
    elif stage.asks_person in _ASKING:
        await _ASKING[stage.asks_person](session, stage)
    else:
        await run_stage(session, stage)
