"""Finds files that import each other in a circle, and the circles that are declared."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from codegen.issues import Problem
from core.artifacts.structure import PlannedFile

_MOST = 20
"""Circles told at once; mending one often mends others."""


def awaited(files: Mapping[str, PlannedFile]) -> dict[str, set[str]]:
    """The files each file waits for: those it imports, but for the circles it declares.

    Args:
        files: every file by its path; imports of others are left out.
    """
    return {
        path: ({item.path for item in file.imports} & files.keys()) - {path, *file.cycles}
        for path, file in files.items()
    }


def cycle_problems(files: Mapping[str, PlannedFile]) -> Iterator[Problem]:
    """Circles that no file declares, and declarations of circles that there are not."""
    yield from _undeclared(awaited(files))
    imports = {
        path: {item.path for item in file.imports} & files.keys() for path, file in files.items()
    }
    for path, file in files.items():
        for other in file.cycles:
            if other not in {item.path for item in file.imports}:
                yield Problem(
                    path,
                    f"it declares a circle with {other!r}, which it does not import",
                    "Take the path out of its cycles.",
                )
            elif not _leads(other, path, imports):
                yield Problem(
                    path,
                    f"it declares a circle with {other!r}, which does not import it",
                    "Take the path out of its cycles.",
                )


def _undeclared(waiting: dict[str, set[str]]) -> Iterator[Problem]:
    for _ in range(_MOST):
        circle = _circle_in(waiting)
        if not circle:
            return
        first, second = circle[0], circle[1]
        # Told, and taken out of the way, so that the next one shows.
        waiting[first] = waiting[first] - {second}
        yield Problem(
            first,
            f"files import each other in a circle: {' → '.join(circle)}",
            "Move what they share into a file of its own. Only where that cannot be, one of them "
            "names the other in its cycles.",
        )


def _circle_in(waiting: Mapping[str, set[str]]) -> list[str]:
    """Paths from a file through its imports back to it; nothing if there is no circle.

    It begins with the first of its paths, so that the same circle is always told alike.
    """
    ordered = {path: sorted(others) for path, others in sorted(waiting.items())}
    try:
        TopologicalSorter(ordered).prepare()
    except CycleError as error:
        # From imported to importing file, the first again at the end.
        found: list[str] = list(reversed(error.args[1]))[:-1]
        start = found.index(min(found))
        return [*found[start:], *found[:start], found[start]]
    return []


def _leads(start: str, end: str, imports: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path == end:
            return True
        if path not in seen:
            seen.add(path)
            waiting.extend(imports.get(path, ()))
    return False
