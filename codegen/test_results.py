"""Reads what a test runner wrote (JUnit XML), which the tested code could have written as well."""

import math
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TypeVar
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from junitparser import (
    Attr,
    Error,
    Failure,
    JUnitXml,
    JUnitXmlError,
    Skipped,
    TestCase,
    TestSuite,
)

from codegen.tracebacks import shortened
from core.artifacts.report import TestCaseResult, TestOutcome
from core.errors import UnreadableResultsError
from core.printable import printable, stable_text

MAX_BYTES = 16 * 1024 * 1024
"""Largest document that is read."""

MAX_ELEMENTS = 100_000
"""Most XML elements of a document."""

MAX_DEPTH = 16
"""Deepest nesting of XML elements in a document."""

_NAME_CHARACTERS = 500

_Child = TypeVar("_Child", TestCase, TestSuite)

_NODE_CLASS = "test"
"""What node writes as every case's class; its groups are the suites around the case."""

# The worst first: a case that failed and was then broken by its teardown is an error.
_OUTCOMES = (
    (Error, TestOutcome.ERROR),
    (Failure, TestOutcome.FAILED),
    (Skipped, TestOutcome.SKIPPED),
)


def read_junit(
    document: bytes, paths: Mapping[str, str] | None = None
) -> tuple[TestCaseResult, ...]:
    """Read the test cases of a JUnit XML document, in its order.

    Args:
        document: the file as the runner wrote it.
        paths: what messages say instead of certain absolute folders; see `stable_text`.

    Raises:
        UnreadableResultsError: it is no such document, or larger or deeper than one should be.
    """
    _refuse_hostile(document)
    try:
        suites = JUnitXml.fromstring(document)
    except (JUnitXmlError, ParseError) as error:
        raise UnreadableResultsError(f"the test results are not JUnit XML: {error}") from error
    return tuple(_read_case(case, groups, paths or {}) for groups, case in _cases(suites, ()))


def _cases(
    holder: JUnitXml | TestSuite, groups: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], TestCase]]:
    """Every test case, with the names of the suites around it; some stand outside of any."""
    for case in _children(holder, TestCase):
        yield groups, case
    for suite in _children(holder, TestSuite):
        yield from _cases(suite, (*groups, _text(suite, "name")))


def _children(holder: JUnitXml | TestSuite, kind: type[_Child]) -> Iterator[_Child]:
    """The elements of one kind right below another."""
    yield from holder.iterchildren(kind)  # pyright: ignore[reportUnknownMemberType] -- untyped


def _refuse_hostile(document: bytes) -> None:
    """Walk through the document once without building anything from it.

    A document type is where entities are declared, which expand without bound or name files;
    no test runner writes one.
    """
    if len(document) > MAX_BYTES:
        raise UnreadableResultsError(
            f"the test results are larger than {MAX_BYTES // (1024 * 1024)} MiB"
        )
    counter = _ElementCounter()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: odd encodings
        raise UnreadableResultsError(f"the test results are not XML: {error}") from error


def _refuse_document_type(*_: object) -> None:
    raise UnreadableResultsError("the test results declare a document type, as no runner does")


class _ElementCounter:
    """Counts the elements of a document while it is parsed."""

    def __init__(self) -> None:
        self._count = 0
        self._depth = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        self._depth += 1
        if self._count > MAX_ELEMENTS:
            raise UnreadableResultsError(f"the test results have over {MAX_ELEMENTS} elements")
        if self._depth > MAX_DEPTH:
            raise UnreadableResultsError(
                f"the test results are nested over {MAX_DEPTH} deep, at {name[:80]!r}"
            )

    def end(self, _name: str) -> None:
        self._depth -= 1


class _FileCase(TestCase):
    """A test case with the file that pytest names and the schema does not know."""

    file = Attr()


def _read_case(case: TestCase, groups: tuple[str, ...], paths: Mapping[str, str]) -> TestCaseResult:
    outcome, message = TestOutcome.PASSED, ""
    for kind, kind_outcome in _OUTCOMES:
        if found := [result for result in case.result if isinstance(result, kind)]:
            outcome = kind_outcome
            message = _message(_text(found[0], "text"), _text(found[0], "message"), paths)
            break
    with_file = _FileCase.fromelem(case)  # pyright: ignore[reportUnknownMemberType] -- untyped
    path = _tree_path(stable_text(_text(with_file, "file"), paths))
    group = _text(case, "classname")
    if group == _NODE_CLASS:
        group = "::".join(groups)
    return TestCaseResult(
        name=_name(_text(case, "name"), group, path),
        path=path,
        outcome=outcome,
        seconds=_seconds(case),
        message=message,
    )


def _text(element: object, attribute: str) -> str:
    """A text of an element; junitparser's attributes have no types and can be absent."""
    return str(getattr(element, attribute, None) or "")


def _name(name: str, group: str, path: str) -> str:
    """The case's name, after the classes it stands in or, without a file, its class's full name."""
    module = path.removesuffix(".py").replace("/", ".")
    if module and (group == module or group.startswith(f"{module}.")):
        group = group[len(module) + 1 :].replace(".", "::")
    full = printable(f"{group}::{name}" if group else name)
    return full[:_NAME_CHARACTERS].strip() or "unnamed"


def _tree_path(text: str) -> str:
    """A path relative to the tree, or nothing when it is not one."""
    path = PurePosixPath(text)
    inside = text and not path.is_absolute() and ".." not in path.parts
    return printable(str(path))[:_NAME_CHARACTERS] if inside else ""


def _seconds(case: TestCase) -> float:
    try:
        seconds = float(getattr(case, "time", None) or 0)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds >= 0 else 0.0


def _message(text: str, summary: str, paths: Mapping[str, str]) -> str:
    """What the failure's account says, shortened, or its summary when there is none."""
    return shortened(stable_text(text.strip() or summary, paths))
