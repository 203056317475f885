"""The order in which files are written: what a file imports comes before it."""

from collections.abc import Iterable, Mapping

from codegen.cycles import awaited
from core.artifacts.structure import FileContract


def dependency_order(files: Iterable[FileContract]) -> dict[str, tuple[str, ...]]:
    """Order files so that each comes after the files it imports.

    Returns:
        From each path, in the order of writing, to the paths it waits for. A file does not wait
        for what it names in its `cycles`. Where files import each other in a circle all the same,
        as in a structure that a person edited, the one met first (by path) does not wait, so
        nothing waits for itself; imports of files that are not in the structure are left out.
    """
    waiting = awaited({file.path: file for file in files})
    ordered: dict[str, tuple[str, ...]] = {}
    for path in sorted(waiting):
        _place(path, waiting, ordered)
    return ordered


def _place(
    start: str, waiting: Mapping[str, set[str]], ordered: dict[str, tuple[str, ...]]
) -> None:
    """Depth-first without recursion: chains of a thousand files must not exhaust the stack."""
    opened: set[str] = set()
    stack = [start]
    while stack:
        path = stack[-1]
        if path in ordered:
            stack.pop()
            continue
        wanted = sorted(waiting[path])
        missing = [other for other in wanted if other not in ordered and other not in opened]
        opened.add(path)
        if missing:
            stack.extend(reversed(missing))
        else:
            ordered[path] = tuple(other for other in wanted if other in ordered)
            stack.pop()
