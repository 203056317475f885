"""Lengths of time as people write them: `7h 30m`, `45m`, `7:30` or `7.5`."""

import re

_WORDS = re.compile(r"(?:(?P<hours>\d+)\s*h)?\s*(?:(?P<minutes>\d+)\s*m)?")
_CLOCK = re.compile(r"(?P<hours>\d+):(?P<minutes>[0-5]\d)")
_DECIMAL = re.compile(r"(?P<hours>\d+)(?:[.,](?P<part>\d+))?")


def parse_duration(text: str) -> int:
    """Read a length of time.

    Returns:
        Whole minutes; parts of a minute are rounded to the nearest.

    Raises:
        ValueError: the text is no length of time.
    """
    plain = text.strip().lower()
    if found := _CLOCK.fullmatch(plain):
        return int(found["hours"]) * 60 + int(found["minutes"])
    if found := _DECIMAL.fullmatch(plain):
        part = float(f"0.{found['part']}") if found["part"] else 0.0
        return int(found["hours"]) * 60 + round(part * 60)
    found = _WORDS.fullmatch(plain)
    if not plain or found is None:
        raise ValueError(f"{text!r} is no length of time; write it like 7h 30m, 7:30 or 7.5")
    return int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)


def format_duration(minutes: int) -> str:
    """Write whole minutes as hours and minutes, such as `7h 05m`; negative ones with a minus."""
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else ""
    return f"{sign}{hours}h {rest:02d}m"
