"""Finds comments that stand for code that was left out."""

import re

from codegen.source.comments import Comment
from codegen.source.findings import Finding
from codegen.source.rest_unchanged import says_rest_is_same
from core.artifacts.structure import Severity

_SOURCE = r"(?:code|functions?|methods?|implementation|logic|imports?)"
_PARTS = (
    r"(?:file|files?['’]s? content|content|contents|class|component|module|script|styles?|rules"
    r"|routes?|handlers?|tests?|markup|template|body|fields|properties|props|definitions?"
    r"|endpoints?|configuration|config|settings|section|stuff|cases|models?|queries|views|helpers)"
)
"""What an application may have as well: above code, these words may be its heading."""
_CODE = rf"(?:{_SOURCE}|{_PARTS})"
_DOTS = r"(?:\.{2,}|…)"
_SAME = (
    r"(?:unchanged|unmodified|the same|same|as(?: it (?:was|is))?(?: before| above| is)?|untouched"
    r"|identical|as in the original|intact|not changed)"
)
_STAYS = r"(?:remains?|stays?|(?:is|are) left) (?:exactly )?"
_OLD = r"(?:unchanged|existing|previous|original|same)"
_AS_BEFORE = (
    r"(?:same as (?:before|above|previous(?:ly)?|in (?:the )?(?:previous|original)(?: \w+)?)"
    r"|as (?:before|previously))"
)
_KEEP = (
    r"(?:keep|leave|retain|preserve) (?:all )?(?:the |your )?(?:existing|original|rest of the"
    r"|remaining|other|previous) (?:\w+ )?"
)
_PUT = r"(?:add|insert|put|place|write|paste|include)"
_YOURS = rf"{_PUT} (?:your|the actual|actual) (?:\w+ ){{0,2}}"
_MORE = (
    rf"{_PUT} (?:the rest of|the remaining|the other|the existing|more|additional|other)"
    r" (?:\w+ ){0,2}"
)


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | re.MULTILINE)


_ANYWHERE = _pattern(
    # … existing code …, ... rest of the file ...
    rf"(?:^\W*{_DOTS}\s*|{_DOTS}\s+)\(?(?:the )?(?:rest|remaind(?:er|ing)|remaining|existing"
    rf"|other|previous|same"
    rf"|unchanged|original|more|omitted|similar|all (?:the )?other)\b[^\n]{{0,60}}?"
    rf"(?:{_CODE}|{_SAME}|here|above|below|of (?:the|your|it))\b",
    rf"{_DOTS}\s*\(?(?:{_CODE}\s+)?(?:unchanged|omitted|truncated|snip(?:ped)?)\b",
    # existing code ..., rest of the implementation ...
    rf"^\(?(?:the )?(?:rest of (?:the|your|this) |remaining |existing |previous |other |original )"
    rf"(?:\w+ ){{0,3}}{_CODE}\s*(?:here\s*)?{_DOTS}",
    # omitted for brevity
    r"\b(?:omitted|truncated|abbreviated|elided|shortened|skipped|removed|left out|not shown|cut)"
    r" (?:here )?(?:for|due to|because of|to save) (?:the sake of )?"
    r"(?:brevity|clarity|space|length|conciseness|simplicity|readability)\b",
    r"\bfor brevity,? [^\n]{0,40}(?:omitted|left out|not shown|skipped)",
    # your code here, implementation goes here
    rf"^\W*(?:your|the|actual|real|rest of(?: the| your)?|more|main|remaining|additional|other"
    rf"|similar)? ?(?:\w+ )?{_CODE} (?:goe?s?|comes?|continues|would (?:go|be)|should (?:go|be)"
    rf"|will go"
    rf"|to be added) (?:in )?here\b",
    rf"^\W*(?:your|more|rest of(?: the| your)?) (?:\w+ )?{_CODE} (?:goes )?here\W*$",
    rf"^\W*{_OLD} {_CODE} (?:goes )?here\W*$",
    r"^\W*(?:continued|to be continued)\W*$",
    r"^\W*\[?(?:snip|snipped|truncated|code continues|rest of code)\]?\W*$",
)
_ALONE = _pattern(
    # the rest of the file remains unchanged
    rf"\brest of (?:the|your|this|our) (?:\w+[ /]){{0,3}}{_CODE}\b[^\n]{{0,20}}?"
    rf"(?:remains?|stays?|is|are|goes?|follows?|unchanged|here)\b",
    rf"^\(?(?:the )?(?:remaining|other) {_CODE}\s*(?:of (?:it|them|the \w+)\s*)?"
    rf"(?:\(?\s*(?:remains?|stays?|is|are|kept|left|:|-|–|—)\s*){{0,2}}{_SAME}\W*$",
    rf"^(?:the )?{_SOURCE} {_STAYS}{_SAME}\W*$",
    rf"^\W*(?:rest|remainder)\)? (?:is )?(?:unchanged|{_AS_BEFORE})\W*$",
    rf"^\W*{_OLD} {_SOURCE}\W*$",
    rf"^\W*{_OLD} {_CODE}"
    rf" (?:here|unchanged|remains?|stays?|goes here|continues|as before|above|below)\b.*$",
    rf"^\W*(?:{_CODE}|\w+ {_CODE}) (?:omitted|elided|truncated|not shown|left out)\W*$",
    # keep the existing code
    rf"^\W*{_KEEP}(?:{_SOURCE}\b[^\n]{{0,30}}|{_PARTS} here\W*)$",
    rf"^\W*(?:{_YOURS}|{_MORE}){_CODE} (?:here|below)\b.*$",
    rf"^\W*{_YOURS}{_CODE}\W*$",
    r"^\W*(?:similar(?:ly)?|same|repeat|likewise|and so on|etc)\b[^\n]{0,10} for (?:the |all )?"
    r"(?:other|rest|remaining)\b[^\n]{0,30}$",
)
_HEADING = _pattern(
    rf"^(?:the )?{_PARTS} {_STAYS}{_SAME}\W*$",
    r"^\W*unchanged\W*$",
    rf"^\W*{_OLD} {_PARTS}\W*$",
    rf"^\W*{_KEEP}{_PARTS}\b[^\n]{{0,30}}$",
    rf"^\W*{_MORE}{_CODE}\W*$",
)
"""What is a heading, or says what is done, where code follows."""
_OUTCOME = _pattern(
    rf"^(?:the )?(?:rest|remainder|everything else|all else)\s*(?:of (?:it|them|the \w+)\s*)?"
    rf"(?:\(?\s*(?:remains?|stays?|is|are|kept|left|:|-|–|—)\s*){{0,2}}{_SAME}\W*$",
    rf"^\W*(?:is )?{_AS_BEFORE}\W*$",
)
"""What is said of data where an assertion follows."""
_NO_CODE = re.compile(
    r"[)\]}]|</|(?:\.\.\.|…|pass|break|continue|return(?: [\w.]+)?|export default [\w.]+"
    r"|module\.exports = [\w.]+)\s*;?$"
)
_ASSERTION = re.compile(
    r"(?:await )?(?:assert|expect|require\.|self\.assert|with pytest\.raises)|.*\.should\b"
)
_ONLY_DOTS = re.compile(r"^\W*(?:\.{3,}|…|etc\.{0,3})\W*$")


def elision_findings(comments: list[Comment], text: str) -> list[Finding]:
    """Say which comments stand for code that was left out.

    A comment of nothing but dots, and a sentence that only its parts tell, count where no other
    comment stands next to them: within a longer comment they are part of what it explains. What
    could as well be said of the code or the data counts where the comment has a line of its own,
    and nothing follows that it is about.

    Args:
        comments: of the file, as `comments_of` gives them.
        text: the whole file.
    """
    lines = text.split("\n")
    worded = {comment.line for comment in comments if re.search(r"\w", comment.text)}
    own = {comment.line for comment in comments if comment.alone}
    return [
        Finding(
            severity=Severity.ERROR,
            code="elision",
            line=comment.line,
            message=f"the comment {comment.text[:100]!r} stands for code that is left out",
            suggestion="Write the whole file, every line of it.",
        )
        for comment in comments
        if len(comment.text) <= 300
        and (
            _ANYWHERE.search(comment.text)
            or (comment.alone and _stands_for_code(comment, worded, _below(comment, lines, own)))
        )
    ]


def _stands_for_code(comment: Comment, worded: set[int], below: list[str]) -> bool:
    """Whether a comment on a line of its own stands for what is not there."""
    said = comment.text
    if _ALONE.search(said):
        return True
    if _HEADING.search(said):
        return not below or bool(_NO_CODE.match(below[0]))
    if _OUTCOME.search(said) and any(_ASSERTION.match(line) for line in below):
        return False
    lonely = not {comment.line - 1, comment.line + 1} & worded
    parts = _ONLY_DOTS.match(said) or says_rest_is_same(said)
    return bool(_OUTCOME.search(said) or (lonely and parts))


def _below(comment: Comment, lines: list[str], own: set[int]) -> list[str]:
    """The code at its indentation, up to the next empty line, that begins directly below it."""
    margin = _indent(lines[comment.line - 1])
    found: list[str] = []
    for number, line in enumerate(lines[comment.line :], start=comment.line + 1):
        if number in own or re.match(r"\s*\*(?:\s|/|$)", line):
            continue
        if not line.strip() or _indent(line) < margin or (_indent(line) > margin and not found):
            break
        if _indent(line) == margin:
            found.append(line.strip())
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
