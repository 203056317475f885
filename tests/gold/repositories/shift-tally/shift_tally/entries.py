"""One line of a timesheet: somebody worked on a project on one day."""

from dataclasses import dataclass
from datetime import date, time

from shift_tally.durations import parse_duration

_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, order=True)
class Entry:
    """A shift.

    Attributes:
        day: the day on which it began.
        begin: minute of the day at which it began.
        end: minute of the day at which it ended; below `begin` where it ended the next day.
        pause: minutes that do not count.
        project: what was worked on.
    """

    day: date
    begin: int
    end: int
    pause: int
    project: str

    @property
    def minutes(self) -> int:
        """Minutes worked, without the pause."""
        span = self.end - self.begin
        if span <= 0:
            span += _DAY_MINUTES
        return span - self.pause


def parse_entry(row: dict[str, str]) -> Entry:
    """Read a shift from the columns `date`, `start`, `end`, `break` and `project`.

    Raises:
        ValueError: a column is missing or wrong; the message names it.
    """
    day = _day(_column(row, "date"))
    begin = _minute(_column(row, "start"))
    end = _minute(_column(row, "end"))
    project = _column(row, "project")
    pause_text = (row.get("break") or "").strip()
    pause = parse_duration(pause_text) if pause_text else 0
    entry = Entry(day=day, begin=begin, end=end, pause=pause, project=project)
    if entry.minutes <= 0:
        raise ValueError(f"break: {pause_text!r} is as long as the shift itself")
    return entry


def _column(row: dict[str, str], name: str) -> str:
    value = (row.get(name) or "").strip()
    if not value:
        raise ValueError(f"{name}: it is missing")
    return value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"date: {text!r} is no day like 2025-03-31") from None


def _minute(text: str) -> int:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time like 08:30") from None
    return clock.hour * 60 + clock.minute
