"""Finds lines that stand for others, such as `# ... rest unchanged ...`."""

import re
from collections.abc import Collection, Iterable

_MARK = r"(?:#+|//+|/\*+|<!--|--|\{/\*|;+|\*)"
_ONLY_DOTS = re.compile(rf"\s*{_MARK}\s*(?:\.{{3,}}|…)\s*(?:\*/\}}?|-->)?\s*|\s*…\s*")
_WORDS = (
    r"(?:existing|rest of|remaining|remainder|unchanged|same as before|as before|omitted|previous|"
    r"other (?:code|functions|methods|imports|routes|tests|styles|lines)|no changes?|your code)"
)
_DOTS_AND_WORDS = re.compile(
    rf"\s*{_MARK}\s*(?:(?:\.{{3,}}|…).*\b{_WORDS}\b.*|.*\b{_WORDS}\b.*(?:\.{{3,}}|…)\W*)"
    # Without a comment's mark only with a space behind the dots: `...existing` is JavaScript.
    rf"|\s*(?:\.{{3,}}|…)\s+{_WORDS}\b.*",
    re.IGNORECASE,
)
_WORDS_ALONE = re.compile(
    rf"\s*{_MARK}\s*[(\[]?\s*(?:the\s+)?(?:rest of|remaining|remainder of|existing|other)\b[^.]*\b"
    r"(?:unchanged|(?:stays?|remains?|is|are) (?:the same|as (?:is|before))|same as before|"
    r"(?:code|imports|functions|methods|content|implementation)(?: goes)?(?: here)?)\W*",
    re.IGNORECASE,
)


def elided_line(
    lines: Iterable[str], there: Collection[str] = (), *, shrinks: bool = True
) -> str | None:
    """The first line that stands for others.

    Words without dots, such as `# The rest of the implementation`, are a comment like any other
    where no line can be missing.

    Args:
        lines: what an answer wants written or searched.
        there: the lines of the file today; what is among them is no elision.
        shrinks: whether the lines are fewer than those that they replace.
    """
    kinds = (_ONLY_DOTS, _DOTS_AND_WORDS, *((_WORDS_ALONE,) if shrinks else ()))
    known = {line.strip() for line in there}
    for line in lines:
        if line.strip() in known or len(line) > 200:
            continue
        if any(kind.fullmatch(line) for kind in kinds):
            return line
    return None
