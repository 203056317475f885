"""What readers of the gate's reports have in common."""

import json
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from codegen.test_results import MAX_BYTES
from core.artifacts.report import TestCaseResult, TestOutcome
from core.errors import UnreadableResultsError
from core.printable import printable

MAX_CASES = 10_000
"""Most findings of a report that are read; the rest follow from the first, or from bad luck."""

_NAME_CHARACTERS = 300
_T = TypeVar("_T")


def finding_case(name: str, path: str, message: str) -> TestCaseResult:
    """A case for something that is wrong.

    Args:
        name: what it is, without its line, so that it stays the same when lines move.
        path: the file it is in; empty where it is in none.
        message: what is wrong, with the place.
    """
    short = printable(name)[:_NAME_CHARACTERS].strip() or "unnamed"
    return TestCaseResult(
        name=short, path=path, outcome=TestOutcome.ERROR, message=printable(message)
    )


def below(folder: str, path: str) -> str:
    """A path from the repository's root, of one that a tool gives from its own folder."""
    plain = path.removeprefix("./")
    return f"{folder}/{plain}" if folder else plain


def parsed(adapter: TypeAdapter[_T], document: bytes) -> _T:
    """Read a report in JSON.

    Args:
        adapter: the type it should have.
        document: what was written.

    Raises:
        UnreadableResultsError: it is empty, too large, or of another form.
    """
    if not document:
        raise UnreadableResultsError("it wrote no results")
    if len(document) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise UnreadableResultsError(f"its results are larger than {limit} MiB")
    try:
        return adapter.validate_python(json.loads(document))
    except (ValidationError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise UnreadableResultsError(f"its results have another form: {first}") from error
    except ValueError as error:
        raise UnreadableResultsError(f"its results are not JSON: {error}") from error
