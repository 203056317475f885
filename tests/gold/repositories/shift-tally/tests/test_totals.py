"""Shifts are added up by day, week and project."""

from datetime import date

from shift_tally.entries import Entry
from shift_tally.totals import by_day, by_project, by_week, week_of


def shift(day: date, hours: int, project: str = "Roof") -> Entry:
    return Entry(day, 480, 480 + hours * 60, 0, project)


MONDAY, TUESDAY, NEXT = date(2025, 3, 31), date(2025, 4, 1), date(2025, 4, 7)
SHIFTS = [shift(NEXT, 1), shift(MONDAY, 2), shift(MONDAY, 3, "Cellar"), shift(TUESDAY, 4)]


def test_adds_up_days() -> None:
    assert by_day(SHIFTS) == {MONDAY: 300, TUESDAY: 240, NEXT: 60}
    assert list(by_day(SHIFTS)) == [MONDAY, TUESDAY, NEXT]


def test_adds_up_weeks() -> None:
    assert by_week(SHIFTS) == {"2025-W14": 540, "2025-W15": 60}
    assert week_of(date(2027, 1, 1)) == "2026-W53"
    assert week_of(date(2025, 1, 6)) == "2025-W02"


def test_adds_up_projects_the_longest_first() -> None:
    totals = by_project(SHIFTS)
    assert list(totals.items()) == [("Roof", 420), ("Cellar", 180)]
    equal = by_project([shift(MONDAY, 2, "b"), shift(MONDAY, 2, "a")])
    assert list(equal) == ["a", "b"]
