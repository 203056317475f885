"""Tells whether bookings of one room get in each other's way."""

from collections.abc import Iterable
from datetime import datetime, timedelta

LONGEST = timedelta(hours=12)
"""A room is nobody's for longer than this."""


def problem(begins: datetime, ends: datetime) -> str:
    """What is wrong with a span of time; empty where nothing is."""
    if ends <= begins:
        return "it ends before it begins"
    if ends - begins > LONGEST:
        return "it is longer than 12 hours"
    return ""


def clash(
    begins: datetime, ends: datetime, taken: Iterable[tuple[datetime, datetime]]
) -> tuple[datetime, datetime] | None:
    """The first span that shares time with this one; spans that only touch share none."""
    for other_begins, other_ends in sorted(taken):
        if begins < other_ends and other_begins < ends:
            return other_begins, other_ends
    return None
