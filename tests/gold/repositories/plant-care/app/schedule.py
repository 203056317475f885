"""Tells which plants want water on a day, and how long they have waited."""

from datetime import date, timedelta


def next_day(last: date | None, interval_days: int) -> date | None:
    """The day on which a plant wants water next; none where it never got any.

    Raises:
        ValueError: the interval is not positive.
    """
    if interval_days < 1:
        raise ValueError(f"an interval of {interval_days} days is too short; use 1 or more")
    return None if last is None else last + timedelta(days=interval_days)


def days_overdue(last: date | None, interval_days: int, today: date) -> int | None:
    """Days since a plant wanted water, 0 on the very day; none where it does not want any yet.

    A plant that never got any wants some today.
    """
    wanted = next_day(last, interval_days)
    if wanted is None:
        return 0
    waited = (today - wanted).days
    return waited if waited >= 0 else None
