"""Finds the error and what it says in a runner's account of a failure, and makes its signature."""

import hashlib
import re
from collections.abc import Iterable

from codegen.runners.accounts import Ecosystem
from core.artifacts.failure import Frame

MAX_LINES = 20
"""Most lines of a message."""

_MAX_CHARACTERS = 2_000

_MARKED = re.compile(r"E(?: +|$)")
_PYTHON_ERROR = re.compile(
    r"(?P<type>(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|Timeout|Group))"
    r"(?:: (?P<text>.*)|$)"
)
_PYTHON_OTHER = re.compile(r"(?P<type>(?:\w+\.)*[A-Z]\w*)(?:: (?P<text>.*)|$)")
_SCRIPT_ERROR = re.compile(
    r"(?m)^.*?\b(?P<type>[A-Z]\w*(?:Error|Exception)|Error)(?: \[(?P<code>\w+)\])?: (?P<text>.*)"
)
_BUILD_ERROR = re.compile(
    r"(?m)(?P<type>error TS\d+|\[[A-Z_]+_ERROR\]|✘ \[ERROR\]|ERROR:)\s*:?\s*(?P<text>.+)"
)
_SUITE = re.compile(r"● Test suite failed to run\s+(?P<text>\S.*)")
_GO_PLACE = re.compile(r"(?m)^\s*\S+\.go:\d+(?::\d+)?: (?P<text>.*)")
_GO_PANIC = re.compile(r"(?m)^\s*(?P<type>panic|fatal error): (?P<text>.*)")
_STACK = re.compile(
    r"\s*(?:(?:at|❯) |\[cause\]|(?:code|errno|failureType|generatedMessage): |Require stack:|[╭┌]─"
    r"|(?:> +)?\d+ [│|])"
)
_PROPERTIES = re.compile(r"\]? \{ code: .*")

_TIMES = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d_\d+Z"), "<time>"),
    (
        re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"),
        "<time>",
    ),
    (re.compile(r"datetime\.(?:datetime|date|time)\([^)]*\)"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"), "<time>"),
    (re.compile(r"\b1[5-9]\d{8}(?:\d{3}|\.\d+)?\b"), "<time>"),
    (
        re.compile(r"\b\d+(?:\.\d+)?(?:e-?\d+)? ?(?:ns|µs|us|ms|s|sec|seconds?|milliseconds?)\b"),
        "<span>",
    ),
)
"""When something was, and how long it took; the first are npm's names of its logs."""

_UNSTABLE = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    *_TIMES,
    (re.compile(r"(?:/private)?/(?:tmp|var/folders|dev/shm)/[^\s'\"`:,)\]]*"), "<temporary>"),
    (re.compile(r"\b0x(?:[0-9a-fA-F]+|…)"), "<address>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"\(\d+[:,]\d+\)"), "(<line>)"),
    (re.compile(r"(?<=[\w)]):\d+(?::\d+)?\b"), ":<line>"),
    (re.compile(r"\blines? \d+(?:, column \d+)?"), "line <line>"),
    (re.compile(r"\b(?:pid|process|goroutine|thread|Thread-)[ =]?\d+\b"), "<process>"),
)


def error_of(account: str, ecosystem: Ecosystem) -> tuple[str, str]:
    """Type of the error and what it says; either is empty where there is none."""
    finders = {"python": _python_error, "npm": _script_error, "go": _go_error}
    kind, text = finders[ecosystem](account)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return kind, "\n".join(lines[:MAX_LINES])[:_MAX_CHARACTERS].strip()


def signature_of(parts: Iterable[str], message: str, place: Frame | None) -> str:
    """A short name of a failure, which stays the same from run to run.

    Args:
        parts: what tells it from other failures: step, test, type of the error.
        message: what the error says; what differs from run to run is left out of it.
        place: where in the repository it broke; its line is left out.
    """
    where = (place.path, place.function) if place else ("", "")
    text = "\n".join(stable(part) for part in (*parts, message, *where))
    return digest(text)


def digest(text: str) -> str:
    """A short name of exactly this text."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def stable(text: str) -> str:
    """A text without line numbers, addresses, times, spans of time and temporary paths."""
    return _named(text, _UNSTABLE)


def timeless(text: str) -> str:
    """What a program printed, without when it did and how long it took; the same another time."""
    return _named(text, _TIMES)


def _named(text: str, patterns: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, name in patterns:
        text = pattern.sub(name, text)
    return text


def _python_error(account: str) -> tuple[str, str]:
    lines = account.splitlines()
    marked = [n for n, line in enumerate(lines) if _MARKED.match(line)]
    if marked:
        # Of chained errors the last one; a shortened account has moved that one to the front.
        end = marked[-1]
        start = end
        while start - 1 in marked:
            start -= 1
        if "…" in lines:
            start = marked[0]
            end = next((n for n in marked if n + 1 not in marked), end)
        said = [_MARKED.sub("", lines[n], count=1) for n in range(start, end + 1)]
        return _python_head(said)
    for n in range(len(lines) - 1, -1, -1):
        if not lines[n].startswith(" ") and _PYTHON_ERROR.match(lines[n]):
            return _python_head(lines[n:])
    return "", account


def _python_head(lines: list[str]) -> tuple[str, str]:
    for pattern in (_PYTHON_ERROR, _PYTHON_OTHER):
        for n, line in enumerate(lines):
            if match := pattern.match(line.strip()):
                return match["type"], "\n".join([match["text"] or "", *lines[n + 1 :]])
    kind = "AssertionError" if lines[0].startswith("assert") else ""
    return kind, "\n".join(lines)


def _script_error(account: str) -> tuple[str, str]:
    if match := _BUILD_ERROR.search(account):
        kind = "SyntaxError" if "PARSE" in match["type"] else match["type"].strip("[]:✘ ")
        return kind, match["text"]
    matches = list(_SCRIPT_ERROR.finditer(account))
    causes = [match for match in matches if match["code"] != "ERR_TEST_FAILURE"]
    for match in causes or matches:
        return match["type"], _until_stack(account[match.start("text") :])
    if match := _SUITE.search(account):
        return "", _until_stack(account[match.start("text") :])
    return "", _until_stack(account)


def _until_stack(text: str) -> str:
    """The text up to its stack or its excerpt of the source."""
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if n and _STACK.match(line)), len(lines))
    return _PROPERTIES.sub("", "\n".join(lines[:end]))


def _go_error(account: str) -> tuple[str, str]:
    for pattern in (_GO_PANIC, _GO_PLACE):
        if match := pattern.search(account):
            kind = match.groupdict().get("type") or ""
            return kind, match["text"]
    return "", account
