"""Words by which a stub, and an intended nothing, can be told."""

import re
from collections.abc import Iterable

from codegen.source.findings import Finding
from core.artifacts.structure import Severity

UNFINISHED = re.compile(
    r"\b(?:TODO|FIXME|XXX|TBD)\b|\b(?:not (?:yet )?implemented|unimplemented|to be implemented"
    r"|implement(?:ation)? (?:this|me|here|later|goes here|pending|needed)|placeholder|stub)\b"
    r"|^\s*implement\b",
    re.IGNORECASE,
)
"""What a body says that was never written."""

_LATER = re.compile(r"\b(?:TODO|FIXME|XXX|TBD)\b|not (?:yet )?implemented", re.IGNORECASE)

HOOK = re.compile(
    r"__\w+__|_?(?:on|handle|visit|leave|enter|exit|before|after|pre|post|did|will|log)_?\w*"
    r"|_?(?:close|aclose|flush|setup|set_?up|tear_?down|shutdown|startup|dispose|cleanup|clear|reset"
    r"|upgrade|downgrade|start|stop|noop|no_?op|nop|ignore|dummy|main|cancel|pass_?through)(?:_\w+|[A-Z]\w*)?"
    r"|(?:on|handle|before|after|component|ng)[A-Z]\w*|constructor|preventDefault|unsubscribe"
)
"""Names of functions that may well have nothing to do."""

_NOTHING = re.compile(
    r"\b(?:no-?op|no op|nothing|intentional(?:ly)?|deliberate(?:ly)?|by design|do(?:es)? no|empty"
    r"|ignore[sd]?|not needed|no need|unused|never called|not used|override|subclass(?:es)?|hook"
    r"|optional|disabled?|silence|suppress(?:es)?|marker|swallow)\b",
    re.IGNORECASE,
)


def left_for_later(what: str, said: Iterable[str]) -> bool:
    """Whether a body says that it was never written, rather than that nothing is meant.

    Args:
        what: stands in the place of the body.
        said: comments in it, and its docstring.
    """
    texts = list(said)
    later = bool(_LATER.search(" ".join([what, *texts])))
    return bool(UNFINISHED.search(what)) and (later or not intends_nothing(texts))


def intends_nothing(texts: Iterable[str]) -> bool:
    """Whether a comment or docstring says that doing nothing is what is meant."""
    return any(_NOTHING.search(text) for text in texts)


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
