"""Tells what a model says about a file from the file itself."""

import re

_REMARK = re.compile(
    r"(?:i['’](?:m|ll|ve|d)|i (?:am|can|cannot|will|have|would|do|need|could)"
    r"|i (?:can|don|won)['’]t|sorry|apologies|my apologies|unfortunately|as an ai|sure|certainly"
    r"|of course|okay|ok|absolutely|got it|great|thanks|thank you|please|let me|let['’]s"
    r"|(?:here|below)(?:['’]s| is| are| you)|the following|this (?:is|file)|we (?:need|can|will))"
    # Not a name in code: `ok = 1`, `please.do()`, `sure: true`.
    r"(?=[\s,!;—–]|[.:](?:\s|$)|$)(?!:[ \t]+\S|\s*[=({\[<|&])",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = frozenset("{}()<>[]=;/\\#@$|&*+`_")


def is_remark(line: str) -> bool:
    """Whether a line begins as models begin an apology or an introduction."""
    return bool(_REMARK.match(line.lstrip(" *_>\"'“¡¿")))


def reads_as_prose(line: str) -> bool:
    """Whether a line is a remark or a sentence rather than a line of code."""
    line = line.strip()
    if is_remark(line):
        return True
    if not line or _CODE & set(line) or not (line[0].isupper() or not line[0].isascii()):
        return False
    inner = line[:-1]
    return line[-1] in "。！？：" or (line[-1] in ".!?:…" and len(inner.split()) > 2)
