"""Words by which a stub, and an intended nothing, can be told."""

import re
from collections.abc import Iterable

from codegen.source.findings import Finding
from core.artifacts.structure import Severity

_MARK = r"(?:TODO|FIXME|XXX|TBD)"
_NOT_WRITTEN = (
    r"(?i:\b(?:not (?:yet )?implemented|unimplemented|to be implemented"
    r"|implement(?:ation)? (?:this|me|here|later|goes here|pending|needed))\b)"
)
# A to-do list's own comments speak of its todos, and a board's of what is in TODO.
_MARKED = rf"^\W*{_MARK}\b|\b{_MARK}\s*[:(]|^\W*(?i:todo|fixme)\s*:"
_NOTE = re.compile(rf"{_MARKED}|{_NOT_WRITTEN}|(?i:\b(?:placeholder|stub)\b)", re.MULTILINE)
_ORDER = re.compile(r"\s*implement\b", re.IGNORECASE)
_HEADED = (
    rf"[\"'`>]\s*{_MARK}\s*"
    r"(?:\\?[\"'`]\s*\)|[:(!.…–—-]|(?i:implement|write|add|fix|finish)\b)"
)
"""The beginning of a text in quotes or markup; `TODO list not found` is an error like any other."""

_MESSAGE = re.compile(rf"{_HEADED}|{_NOT_WRITTEN}")
_LATER = re.compile(rf"{_MARKED}|{_HEADED}|(?i:not (?:yet )?implemented)", re.MULTILINE)

_HOOK = re.compile(
    r"__\w+__|constructor|preventDefault|unsubscribe"
    r"|_?(?:on|handle|visit|leave|enter|exit|before|after|pre|post|did|will|component|ng"
    r"|set_?up|tear_?down|startup|shutdown|noop|no_?op|nop|dummy|ignore|pass_?through)"
    r"(?:_\w+|[A-Z]\w*)?"
    r"|_?(?:close|aclose|flush|dispose|cleanup|clear|reset|upgrade|downgrade|start|stop|main|cancel"
    r"|log|log_?(?:message|request|error))",
)
"""Names of functions that may well have nothing to do, where nothing else relies on them.

What is a hook is told by its first word, and a verb with an object (`reset_password`) is none."""

_ALWAYS_EMPTY = re.compile(r"__\w+__|constructor")

_NOTHING = re.compile(
    r"\b(?:no-?op|no op|nothing|intentional(?:ly)?|deliberate(?:ly)?|by design|do(?:es)? no|empty"
    r"|ignore[sd]?|not needed|no need|unused|never called|not used|override|subclass(?:es)?|hook"
    r"|optional|disabled?|silence|suppress(?:es)?|marker|swallow)\b",
    re.IGNORECASE,
)

_NOTHING_MEANT = re.compile(
    r"\b(?:no-?op|no op|intentional(?:ly)?|deliberate(?:ly)?|by design|on purpose"
    r"|do(?:es|ing)? nothing|nothing (?:to|happens|needs|is (?:done|needed|kept)))\b",
    re.IGNORECASE,
)
"""Plain words for it: `Empty the cart`, `empty where nothing is` say what a function should do."""


def notes_unfinished(comment: str) -> bool:
    """Whether a comment says that what it stands in was never written.

    Args:
        comment: its text, without its marks.
    """
    return bool(_NOTE.search(comment) or _ORDER.match(comment))


def tells_unfinished(code: str) -> bool:
    """Whether code that throws, logs or shows something says that it was never written.

    Args:
        code: the statement, with its texts in quotes or markup.
    """
    return bool(_MESSAGE.search(code))


def left_for_later(what: str, comments: Iterable[str], docstring: str = "") -> bool:
    """Whether a body says that it was never written, rather than that nothing is meant.

    Args:
        what: stands in the place of the body.
        comments: in it.
        docstring: of the function.
    """
    notes = list(comments)
    texts = [*notes, docstring]
    if not tells_unfinished(what) and not any(_NOTE.search(note) for note in notes):
        return False
    later = any(_LATER.search(text) for text in (what, *texts))
    return later or not intends_nothing(texts)


def intends_nothing(texts: Iterable[str], *, promised: bool = False) -> bool:
    """Whether a comment or docstring says that doing nothing is what is meant.

    Args:
        texts: comments and docstring.
        promised: whether others rely on the function, which must then say so in plain words.
    """
    words = _NOTHING_MEANT if promised else _NOTHING
    return any(words.search(text) for text in texts)


def is_hook(name: str, *, promised: bool) -> bool:
    """Whether a function of this name may be empty without a word about it.

    Args:
        name: of the function.
        promised: whether its contract names it: what others rely on does something.
    """
    return bool((_ALWAYS_EMPTY if promised else _HOOK).fullmatch(name))


def stub(name: str, what: str, line: int, severity: Severity) -> Finding:
    """The finding for a function that does nothing."""
    suggestion = (
        "Write what it promises to do; declare it abstract if a subclass does it, or leave it out"
        if severity is Severity.ERROR
        else "Write what it is for, or say in a comment why it does nothing"
    )
    return Finding(
        severity=severity,
        code="stub",
        line=line,
        message=f"{name!r} is a stub: its body is {what}",
        suggestion=f"{suggestion}.",
    )
