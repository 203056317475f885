"""What registering would change on the server, each with the way to do it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One thing that is not on the server as it is declared.

    Attributes:
        kind: what it is, such as `work pool`.
        name: its name.
        differing: what differs, in words; empty for what is not there yet.
        apply: makes it so.
    """

    kind: str
    name: str
    differing: tuple[str, ...]
    apply: Callable[[], Awaitable[object]]

    def __str__(self) -> str:
        if not self.differing:
            return f"create {self.kind} {self.name!r}"
        return f"change {self.kind} {self.name!r}: {'; '.join(self.differing)}"


def differences(declared: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """Which declared fields the server has otherwise, in words; long values are not quoted.

    Args:
        declared: fields with their values; others are the server's own.
        found: what the server has.
    """
    return tuple(
        f"{name}{_shown(found.get(name), value)}"
        for name, value in declared.items()
        if found.get(name) != value
    )


def _shown(before: object, after: object) -> str:
    quoted = f" {before!r} -> {after!r}"
    return quoted if len(quoted) <= 100 else ""
