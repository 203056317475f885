"""Writes totals as a table for people or as JSON for programs."""

import json
from collections.abc import Mapping, Sequence

from shift_tally.durations import format_duration
from shift_tally.overtime import WeekBalance


def as_table(title: str, totals: Mapping[object, int]) -> str:
    """A table of two columns with the sum in its last line."""
    rows = [(str(name), format_duration(minutes)) for name, minutes in totals.items()]
    rows.append(("total", format_duration(sum(totals.values()))))
    return "\n".join([title, *_aligned(rows)])


def balance_table(weeks: Sequence[WeekBalance]) -> str:
    """A table of the weeks with what was worked, the difference and the balance."""
    head = ("week", "worked", "difference", "balance")
    rows = [
        (
            week.week,
            format_duration(week.worked),
            format_duration(week.difference),
            format_duration(week.balance),
        )
        for week in weeks
    ]
    return "\n".join(_aligned([head, *rows]))


def as_json(totals: Mapping[object, int]) -> str:
    """The minutes by name, as one JSON object."""
    named = {str(name): minutes for name, minutes in totals.items()}
    return json.dumps(named, indent=2, ensure_ascii=False)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
