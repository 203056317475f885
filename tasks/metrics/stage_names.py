"""What series call a stage."""

from core.stages import StageTable


def stage_name(table: StageTable, number: str) -> str:
    """Number and name, as task runs are called; of a stage that is not in the table, the number."""
    known = (stage.label for stage in table.stages if stage.number == number)
    return next(known, number)
