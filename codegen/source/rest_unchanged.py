"""Recognises, part by part, the sentence that the rest of a file is as it was.

Models say it in ever new words: which part (`the remaining`), of what (`functions`), and what of it
(`are the same as in the previous version`). Each part is a list of its own, so that their
combinations need not be known.
"""

import re

_THING = (
    r"(?:(?:source )?code|files?|functions?|methods?|class(?:es)?|components?|implementations?"
    r"|logic|imports?|modules?|scripts?|handlers?|routes?|endpoints?|markup|templates?|helpers?"
    r"|definitions?|declarations?|bod(?:y|ies)|styles?|queries|tests?)"
)
_WHICH = (
    r"(?:(?:all|any|and|plus) )*(?:of )?(?:the )?(?:rest(?: of(?: the| this| your| our| my)?)?"
    r"|remainder(?: of(?: the| this| your)?)?|remaining|other|existing|previous|original|above"
    r"|below|preceding|following|earlier)"
)
_PLACE = r"(?:below|above|here|from here|(?:below|above|after|beyond|past) this(?: line| point)?)"
_REST = (
    rf"(?:{_WHICH} (?:[\w-]+ ){{0,2}}?{_THING}|(?:the )?(?:rest|remainder)|everything(?: else)?"
    rf"|all else|(?:the )?(?:code|file|lines?)(?= {_PLACE}))"
    rf"(?: (?:of|in) (?:the|this|your) {_THING})?(?: {_PLACE})?"
)
_STAYS = (
    r"(?: (?:all|still|will|would|should|is|are|was|were|be|been|has|have|kept|left|keeps?|remains?"
    r"|stays?|continues?|follows?|exactly|completely|entirely|here))*"
)
_BEFORE = (
    r"(?:before|above|earlier|previous(?:ly)?|original(?:ly)?|existing|old|first|last|current)"
)
_SAME = (
    r"(?:unchanged|unmodified|unaltered|untouched|(?:the )?same|identical|intact|as[- ]is"
    rf"|as (?:it|they) (?:is|are|was|were|stood)|(?:as|like) {_BEFORE}"
    rf"|as in (?:the|your|my) {_BEFORE}(?: [\w-]+){{0,2}}|not (?:shown|repeated|changed|included)"
    r"|omitted|elided|skipped|left out|truncated|abbreviated|the same (?:pattern|way|structure)"
    r"|(?:do|does) not change|(?:do|does)n['’]t change)"
)
_AS_WHAT = (
    r"(?: (?:as|to|in|from|with|like|for|of)"
    rf"(?: [\w'’-]+){{0,3}} (?:{_BEFORE}|brevity|here)(?: [\w-]+){{0,2}}| {_PLACE}| now)?"
)
_WHOLE = r"(?:code|file|implementation|module|script|component|class|source|program|contents?)"
_CHANGES = (
    r"(?:changes?|modifications?|edits?)(?: (?:are |were )?(?:needed|required|made|necessary))?"
)
_SENTENCE = re.compile(
    rf"\W*(?:{_REST}[,:;(–—-]*{_STAYS}[ (:–—-]+{_SAME}{_AS_WHAT}"
    # rest of the file
    rf"|(?:the )?(?:rest|remainder) of (?:(?:the|this|your|our) )?(?:[\w-]+ )?{_WHOLE}"
    rf"(?: (?:here|below|continues|follows))?"
    # no changes below this line, no changes to the other functions
    rf"|(?:no|without) (?:other |further |more )?{_CHANGES} (?:{_PLACE}|(?:in|to|for) {_REST})"
    # unchanged below
    rf"|(?:unchanged|identical|same) (?:code )?(?:from )?{_PLACE}(?: on| onwards?)?"
    rf"|nothing (?:else )?(?:changes|changed|is changed|was changed) {_PLACE})\W*",
    re.IGNORECASE,
)


def says_rest_is_same(text: str) -> bool:
    """Whether a comment, as a whole, says that something is as it was, or left out.

    Args:
        text: what the comment says; a longer one explains something, and is none.
    """
    return len(text) <= 120 and _SENTENCE.fullmatch(" ".join(text.split())) is not None
