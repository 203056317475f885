"""A plant wants water after its interval."""

from datetime import date

import pytest

from app.schedule import days_overdue, next_day

LAST = date(2025, 5, 1)


def test_wants_water_after_the_interval() -> None:
    assert next_day(LAST, 3) == date(2025, 5, 4)
    assert next_day(None, 3) is None
    assert next_day(LAST, 1) == date(2025, 5, 2)
    with pytest.raises(ValueError, match="too short"):
        next_day(LAST, 0)


@pytest.mark.parametrize(
    ("today", "waited"),
    [(date(2025, 5, 3), None), (date(2025, 5, 4), 0), (date(2025, 5, 9), 5)],
)
def test_counts_the_days_it_has_waited(today: date, waited: int | None) -> None:
    assert days_overdue(LAST, 3, today) == waited


def test_wants_water_at_once_where_it_never_got_any() -> None:
    assert days_overdue(None, 3, LAST) == 0
