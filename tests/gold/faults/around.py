"""Right files in answers that are not as they were asked for."""

from collections.abc import Callable, Iterator

from tests.gold.answers import in_block
from tests.gold.faults.mutant import Mutant, Subject
from tests.gold.playback import Fault

_BEFORE = "Sure! Here is the file you asked for. It keeps to the contract:\n\n"
_AFTER = "\nLet me know if you would like me to add more tests or explain any part of it.\n"


def around(subject: Subject) -> Iterator[Mutant]:
    """Prose around the code, several files in one answer, and answers that are cut off."""
    text, prose, several = subject.text, "prose around code", "several files"
    bare = f"````text\n{text}````\n\n````text\nVALUE = 1\n````\n"
    other = next(path for path in subject.gold.texts if path != subject.path)
    second = in_block("VALUE = 1\n", other, "text")
    yield _mutant(subject, prose, "around its block", lambda answer: _BEFORE + answer + _AFTER)
    yield _mutant(subject, prose, "around bare code", lambda _: _BEFORE + text + _AFTER)
    yield _mutant(subject, several, "each with its path", lambda answer: f"{answer}\n{second}")
    yield _mutant(subject, several, "none with its path", lambda _: bare)
    yield _mutant(subject, "truncated file", "its block has no end", _half)
    cut = Fault(spoil=_half, finish_reason="length")
    yield Mutant("truncated file", subject.path, "the server says that it is cut off", "", cut)


def _half(answer: str) -> str:
    return answer[: max(len(answer.partition("\n")[0]) + 2, len(answer) // 2)]


def _mutant(subject: Subject, kind: str, detail: str, spoil: Callable[[str], str]) -> Mutant:
    return Mutant(kind, subject.path, detail, "", Fault(spoil=spoil))
