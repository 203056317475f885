from datetime import UTC, date, datetime

import pytest

from core.errors import InputError
from tasks.usage.report import LONGEST_DAYS, first_of, period_of
from tests.tasks.usage.usage_samples import group, report


def test_a_report_is_of_whole_days_in_utc() -> None:
    period = period_of(date(2026, 11, 1), date(2026, 11, 2))
    assert period.start == datetime(2026, 11, 1, tzinfo=UTC)
    assert period.end == datetime(2026, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 11, 2), date(2026, 11, 1)), (date(2020, 1, 1), date(2026, 11, 1))],
    ids=["wrong-way-round", "too-long"],
)
def test_days_that_make_no_report_are_named(first: date, last: date) -> None:
    with pytest.raises(InputError, match=f"{first} to {last} are .* give 1 to {LONGEST_DAYS}"):
        period_of(first, last)


def test_the_days_at_the_ends_of_the_calendar_are_refused_and_not_overrun() -> None:
    assert period_of(date(9999, 12, 29), date(9999, 12, 30)).end.date() == date.max
    with pytest.raises(InputError, match="9999-12-31 is the last day there is; give an earlier"):
        period_of(date(9999, 12, 30), date.max)
    assert first_of(30, date(1, 1, 30)) == date.min
    with pytest.raises(InputError, match="no 30 days up to 0001-01-29; give a later one"):
        first_of(30, date(1, 1, 29))


def test_a_report_has_every_day_and_knows_whether_it_is_empty() -> None:
    assert len(report().days) == 22
    assert report().is_empty
    assert not report(group("p/m")).is_empty
