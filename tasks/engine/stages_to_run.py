"""Which stages ask models in a run, by its options alone."""

from collections.abc import Collection, Mapping

from core.options import BuildOptions
from core.stages import Stage, StageTable


def edits_of(table: StageTable, stage: Stage, use: Mapping[str, str]) -> dict[str, str]:
    """What a person put in place of a stage's outputs, by path.

    An edit applies where an artifact is written first; later stages build on it.

    Args:
        table: all stages.
        stage: one of them.
        use: every text that a person put in place of an artifact.
    """
    earlier = {
        path for other in table.stages[: table.position(stage.number)] for path in other.writes
    }
    return {
        path: text for path, text in use.items() if path in stage.writes and path not in earlier
    }


def is_replaced(stage: Stage, edits: Collection[str]) -> bool:
    """Whether a person wrote all that the stage would write, so that its work is not done."""
    return not stage.fan_out and set(stage.writes) <= set(edits)


def stages_to_run(table: StageTable, options: BuildOptions) -> tuple[str, ...]:
    """Numbers of the stages whose work is to be done.

    Those before `from_stage` are taken to be kept, and those that are replaced as a whole do
    nothing. Whatever else is kept from an earlier run is not known here.

    Raises:
        InputError: there is no stage `from_stage`.
    """
    first = table.position(options.from_stage) if options.from_stage else 0
    return tuple(
        stage.number
        for stage in table.stages[first:]
        if not is_replaced(stage, edits_of(table, stage, options.use))
    )
