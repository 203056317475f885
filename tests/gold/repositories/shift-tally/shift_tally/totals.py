"""Adds up shifts by day, by week and by project."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from shift_tally.entries import Entry

_Key = TypeVar("_Key", date, str)


def by_day(entries: Iterable[Entry]) -> dict[date, int]:
    """Minutes worked on each day, in the order of the days."""
    return _added(entries, lambda entry: entry.day)


def by_week(entries: Iterable[Entry]) -> dict[str, int]:
    """Minutes worked in each ISO week, such as `2025-W14`, in order."""
    return _added(entries, lambda entry: week_of(entry.day))


def by_project(entries: Iterable[Entry]) -> dict[str, int]:
    """Minutes worked on each project, the one with the most first."""
    added = _added(entries, lambda entry: entry.project)
    return dict(sorted(added.items(), key=lambda item: (-item[1], item[0])))


def week_of(day: date) -> str:
    """The ISO week of a day; the first days of January may belong to the year before."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _added(entries: Iterable[Entry], key: Callable[[Entry], _Key]) -> dict[_Key, int]:
    totals: dict[_Key, int] = {}
    for entry in entries:
        totals[key(entry)] = totals.get(key(entry), 0) + entry.minutes
    return dict(sorted(totals.items()))
