"""Runs a stage, and asks a person what its row says that one may be asked about."""

from core.stages import Stage
from flows.asking_budget import Run, run_within_budget
from flows.asking_fixes import run_and_mend
from flows.asking_questions import run_and_clarify
from flows.asking_structure import run_and_approve
from flows.fan_out import write_files
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_runner import run_stage

_ASKING: dict[str, Run] = {
    "questions": run_and_clarify,
    "structure": run_and_approve,
    "fixes": run_and_mend,
}


async def run_and_ask(session: BuildSession, stage: Stage) -> None:
    """Run a stage to its end, with all that a person decides about it.

    Raises:
        StageFailedError: the stage failed, or a person stopped the build.
        Pause: the run is suspended until a person has decided.
    """
    alone: Run = write_files if stage.fan_out else run_stage
    await run_within_budget(session, stage, _ASKING.get(stage.asks_person, alone))
