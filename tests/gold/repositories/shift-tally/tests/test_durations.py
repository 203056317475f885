"""Lengths of time are read as people write them."""

import pytest

from shift_tally.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("7h 30m", 450), ("45m", 45), ("2h", 120), ("7:05", 425), ("7.5", 450), ("1,25", 75)],
)
def test_reads_lengths_of_time(text: str, minutes: int) -> None:
    assert parse_duration(text) == minutes


@pytest.mark.parametrize("text", ["", "soon", "7:75", "-1h", "h", "1h 1h"])
def test_refuses_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0h 00m"), (425, "7h 05m"), (60, "1h 00m"), (-90, "-1h 30m")]
)
def test_writes_hours_and_minutes(minutes: int, text: str) -> None:
    assert format_duration(minutes) == text
