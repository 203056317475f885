"""Spans of time that share time are found."""

from datetime import datetime, timedelta

import pytest

from app.calendar import LONGEST, clash, problem


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 5, 1, hour, minute)


def test_finds_what_is_wrong_with_a_span() -> None:
    assert problem(at(9), at(10)) == ""
    assert problem(at(9), at(9) + LONGEST) == ""
    assert problem(at(9), at(9)) == "it ends before it begins"
    assert problem(at(9), at(9) + LONGEST + timedelta(minutes=1)) == "it is longer than 12 hours"


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ((at(8), at(9)), None),
        ((at(10), at(11)), None),
        ((at(8), at(9, 1)), (at(9), at(10))),
        ((at(9, 15), at(9, 30)), (at(9), at(10))),
        ((at(8), at(16)), (at(9), at(10))),
        ((at(14, 59), at(15)), (at(14), at(15))),
    ],
)
def test_finds_the_first_clash(
    span: tuple[datetime, datetime], found: tuple[datetime, datetime] | None
) -> None:
    assert clash(*span, [(at(14), at(15)), (at(9), at(10))]) == found
