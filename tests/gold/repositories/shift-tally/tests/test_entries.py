"""Shifts are read from the columns of a line, and wrong columns are named."""

from datetime import date

import pytest

from shift_tally.entries import Entry, parse_entry

ROW = {"date": "2025-03-31", "start": "08:30", "end": "17:00", "break": "30m", "project": "Roof"}


def test_reads_a_shift() -> None:
    entry = parse_entry(ROW)
    assert entry == Entry(date(2025, 3, 31), 510, 1020, 30, "Roof")
    assert entry.minutes == 480
    assert parse_entry({**ROW, "end": "08:31", "break": ""}).minutes == 1


def test_counts_a_shift_over_midnight() -> None:
    assert parse_entry({**ROW, "start": "22:00", "end": "06:00", "break": ""}).minutes == 480


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("date", "31.03.2025", "date: '31.03.2025' is no day"),
        ("start", "half past", "is no time like"),
        ("end", "25:00", "is no time like"),
        ("project", " ", "project: it is missing"),
        ("break", "9h", "as long as the shift"),
        ("break", "8h 30m", "as long as the shift"),
    ],
)
def test_names_the_wrong_column(column: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_entry({**ROW, column: value})
