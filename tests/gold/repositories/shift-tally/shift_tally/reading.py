"""Reads a timesheet from a CSV file, and says of every wrong line what is wrong with it."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shift_tally.entries import Entry, parse_entry


@dataclass(frozen=True)
class Sheet:
    """A timesheet.

    Attributes:
        entries: the shifts, in the order of their days and beginnings.
        problems: what is wrong, each with the number of its line.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def read_sheet(lines: Iterable[str]) -> Sheet:
    """Read the lines of a CSV file whose first line names the columns."""
    entries: list[Entry] = []
    problems: list[str] = []
    rows = csv.DictReader(lines)
    for row in rows:
        try:
            entries.append(parse_entry(row))
        except ValueError as error:
            problems.append(f"line {rows.line_num}: {error}")
    problems.extend(_overlaps(sorted(entries)))
    return Sheet(tuple(sorted(entries)), tuple(problems))


def read_file(path: Path) -> Sheet:
    """Read a timesheet from a file.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return read_sheet(lines)


def _overlaps(entries: list[Entry]) -> list[str]:
    """Shifts of one day that begin before the one before has ended."""
    problems: list[str] = []
    for before, after in zip(entries, entries[1:], strict=False):
        if before.day == after.day and after.begin < before.end:
            problems.append(f"{after.day}: {after.project!r} begins before {before.project!r} ends")
    return problems
