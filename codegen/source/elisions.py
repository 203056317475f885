"""Finds comments that stand for code that was left out."""

import re

from codegen.source.comments import Comment
from codegen.source.findings import Finding
from codegen.source.rest_unchanged import says_rest_is_same
from core.artifacts.structure import Severity

_CODE = (
    r"(?:code|file|files?['’]s? content|content|contents|function|functions|method|methods|class"
    r"|component|implementation|logic|imports?|module|script|styles?|rules|routes?|handlers?|tests?"
    r"|markup|template|body|fields|properties|props|definitions?|endpoints?|configuration|config"
    r"|settings|section|stuff|cases|models?|queries|views|helpers)"
)
_DOTS = r"(?:\.{2,}|…)"
_SAME = (
    r"(?:unchanged|unmodified|the same|same|as(?: it (?:was|is))?(?: before| above| is)?|untouched"
    r"|identical|as in the original|intact|not changed)"
)
_ELISION = re.compile(
    r"(?:"
    # … existing code …, ... rest of the file ...
    rf"(?:^\W*{_DOTS}\s*|{_DOTS}\s+)\(?(?:the )?(?:rest|remaind(?:er|ing)|remaining|existing"
    rf"|other|previous|same"
    rf"|unchanged|original|more|omitted|similar|all (?:the )?other)\b[^\n]{{0,60}}?"
    rf"(?:{_CODE}|{_SAME}|here|above|below|of (?:the|your|it))\b"
    rf"|{_DOTS}\s*\(?(?:{_CODE}\s+)?(?:unchanged|omitted|truncated|snip(?:ped)?)\b"
    # existing code ..., rest of the implementation ...
    rf"|^\(?(?:the )?(?:rest of (?:the|your|this) |remaining |existing |previous |other |original )"
    rf"(?:\w+ ){{0,3}}{_CODE}\s*(?:here\s*)?{_DOTS}"
    # the rest of the file remains unchanged
    rf"|\brest of (?:the|your|this|our) (?:\w+[ /]){{0,3}}{_CODE}\b[^\n]{{0,20}}?"
    rf"(?:remains?|stays?|is|are|goes?|follows?|unchanged|here)\b"
    rf"|^\(?(?:the )?(?:rest|remainder|everything else|all else|remaining {_CODE}"
    rf"|other {_CODE})\s*(?:of (?:it|them|the \w+)\s*)?"
    rf"(?:\(?\s*(?:remains?|stays?|is|are|kept|left|:|-|–|—)\s*){{0,2}}{_SAME}\W*$"
    rf"|^(?:{_CODE}|the \w+) (?:remains?|stays?|(?:is|are) left) (?:exactly )?{_SAME}\W*$"
    # rest unchanged, unchanged code, same as before
    rf"|^\W*(?:\(?(?:rest|remainder)\)? )?(?:is )?(?:unchanged|same as (?:before|above"
    rf"|previous(?:ly)?"
    rf"|in (?:the )?(?:previous|original)(?: \w+)?)|as (?:before|previously))\W*$"
    rf"|^\W*(?:unchanged|existing|previous|original|same) {_CODE}"
    rf"(?: (?:here|unchanged|remains?|stays?|goes here|continues|as before|above|below)\b.*)?\W*$"
    # omitted for brevity
    r"|\b(?:omitted|truncated|abbreviated|elided|shortened|skipped|removed|left out|not shown|cut)"
    r" (?:here )?(?:for|due to|because of|to save) (?:the sake of )?"
    r"(?:brevity|clarity|space|length|conciseness|simplicity|readability)\b"
    rf"|^\W*(?:{_CODE}|\w+ {_CODE}) (?:omitted|elided|truncated|not shown|left out)\W*$"
    rf"|\bfor brevity,? [^\n]{{0,40}}(?:omitted|left out|not shown|skipped)"
    # keep the existing code
    rf"|^\W*(?:keep|leave|retain|preserve) (?:all )?(?:the |your )?(?:existing|original|rest of the"
    rf"|remaining|other|previous) (?:\w+ )?{_CODE}\b[^\n]{{0,30}}$"
    # your code here, implementation goes here
    rf"|^\W*(?:your|the|actual|real|rest of(?: the| your)?|more|main|remaining|additional|other"
    rf"|similar)? ?(?:\w+ )?{_CODE} (?:goe?s?|comes?|continues|would (?:go|be)|should (?:go|be)"
    rf"|will go"
    rf"|to be added) (?:in )?here\b"
    rf"|^\W*(?:your|more|rest of(?: the| your)?) (?:\w+ )?{_CODE} (?:goes )?here\W*$"
    rf"|^\W*(?:add|insert|put|place|write|paste|include) (?:your|the rest of|the remaining"
    rf"|the other"
    rf"|the existing|more|additional|other|the actual|actual) (?:\w+ ){{0,2}}{_CODE}"
    rf"(?: (?:here|below)\b.*)?\W*$"
    rf"|^\W*(?:similar(?:ly)?|same|repeat|likewise|and so on|etc)\b[^\n]{{0,10}} for (?:the |all )?"
    rf"(?:other|rest|remaining)\b[^\n]{{0,30}}$"
    rf"|^\W*(?:continued|to be continued)\W*$"
    rf"|^\W*\[?(?:snip|snipped|truncated|code continues|rest of code)\]?\W*$"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_ONLY_DOTS = re.compile(r"^\W*(?:\.{3,}|…|etc\.{0,3})\W*$")


def elision_findings(comments: list[Comment]) -> list[Finding]:
    """Say which comments stand for code that was left out.

    A comment of nothing but dots, and a sentence that only its parts tell, count where no other
    comment stands next to them: within a longer comment they are part of what it explains.
    """
    lines = {comment.line for comment in comments if re.search(r"\w", comment.text)}
    findings: list[Finding] = []
    for comment in comments:
        neighbours = {comment.line - 1, comment.line + 1} & lines
        dots = _ONLY_DOTS.match(comment.text) and comment.alone and not neighbours
        rest = comment.alone and not neighbours and says_rest_is_same(comment.text)
        if len(comment.text) > 300 or not (dots or rest or _ELISION.search(comment.text)):
            continue
        findings.append(
            Finding(
                severity=Severity.ERROR,
                code="elision",
                line=comment.line,
                message=f"the comment {comment.text[:100]!r} stands for code that is left out",
                suggestion="Write the whole file, every line of it.",
            )
        )
    return findings
