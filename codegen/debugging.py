"""Chooses which failures a debugger is told, and how."""

from collections.abc import Collection, Iterable, Sequence

from codegen.failure_classes import is_test_file
from core.artifacts.failure import Failure, FailureClass

SHOWN_IN_FULL = 6
"""Failures of one prompt that are told in the runner's own words."""

SHOWN_BY_NAME = 20
"""Further failures that are named in a line each."""

_ACCOUNT_CHARACTERS = 3_000
_LINE_CHARACTERS = 200


def in_order_of_hope(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """The failures in the order in which they are to be mended.

    Those of the machine the tests ran on come last: an edit hardly mends them, unless they are not
    the machine's after all.
    """
    return tuple(sorted(failures, key=is_of_machine))


def is_of_machine(failure: Failure) -> bool:
    """Whether what fails seems due to the machine the tests ran on."""
    return failure.failure_class is FailureClass.ENVIRONMENT


def focus_of(failures: Sequence[Failure]) -> tuple[Failure, ...]:
    """The first failure, and those that likely have the same cause, at most `SHOWN_IN_FULL`.

    They broke at the same place, or with the same error and words.
    """
    if not failures:
        return ()
    first = failures[0]
    rest = [failure for failure in failures[1:] if is_of_machine(failure) == is_of_machine(first)]
    alike = [failure for failure in rest if _are_alike(first, failure)]
    return (first, *alike[: SHOWN_IN_FULL - 1])


def _are_alike(first: Failure, other: Failure) -> bool:
    places = [
        (failure.frames[-1].path, failure.frames[-1].function) if failure.frames else None
        for failure in (first, other)
    ]
    if places[0] is not None and places[0] == places[1] and not is_test_file(places[0][0]):
        return True
    return bool(first.message) and (first.error, first.message) == (other.error, other.message)


def label_of(failure: Failure) -> str:
    """A failure by its test, as `tests/test_tasks.py::test_lists_tasks`, on one line."""
    place = f"{failure.test_path}::" if failure.test_path else ""
    name = failure.test.removeprefix(place)
    return " ".join(f"{place}{name}".split())[:_LINE_CHARACTERS]


def failure_text(focus: Sequence[Failure], others: Sequence[Failure], unseen: Sequence[str]) -> str:
    """The failures as the debugger is told them: some in full, others by name.

    Args:
        focus: what is to be mended.
        others: what fails besides.
        unseen: files involved that are too long to be shown.
    """
    parts = [_told(failure) for failure in focus]
    if others:
        lines = [f"- {label_of(failure)}: {_first_line(failure)}" for failure in others]
        more = len(lines) - SHOWN_BY_NAME
        lines = [*lines[:SHOWN_BY_NAME], *([f"- … and {more} more"] if more > 0 else [])]
        parts.append("These fail as well, perhaps for the same reason:\n" + "\n".join(lines))
    if unseen:
        parts.append(f"Too long to be shown here: {', '.join(unseen)}.")
    return "\n\n".join(parts)


def _told(failure: Failure) -> str:
    head = f"{label_of(failure)} failed in {failure.step}."
    account = (failure.account or failure.message).strip()[:_ACCOUNT_CHARACTERS]
    return "\n".join(filter(None, [head, *failure.reasons, account]))


def _first_line(failure: Failure) -> str:
    said = f"{failure.error}: {failure.message}" if failure.error else failure.message
    return " ".join((said.strip().splitlines() or [""])[0].split())[:_LINE_CHARACTERS]


def failing_test_files(failures: Iterable[Failure], known: Collection[str]) -> frozenset[str]:
    """Test files in which something failed; checks name other files, which are not to be run."""
    paths = (failure.test_path for failure in failures)
    return frozenset(path for path in paths if path in known and is_test_file(path))
