"""A known-good file made wrong by a program, and how a model would answer with it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from tests.gold.answers import in_block
from tests.gold.contracts import Document
from tests.gold.playback import Fault
from tests.gold.repository import Gold

MOST_OF_A_KIND = 1
"""Mutants of one kind and maker that one file gives, so that long files do not decide the table."""


@dataclass(frozen=True)
class Subject:
    """The file that is made wrong.

    Attributes:
        gold: its repository.
        path: where it stands.
        text: as it should be.
        contract: as it is planned.
    """

    gold: Gold
    path: str
    text: str
    contract: Document

    @property
    def is_python(self) -> bool:
        """Whether Python reads it."""
        return self.path.endswith(".py")

    @property
    def is_script(self) -> bool:
        """Whether it is JavaScript."""
        return self.path.endswith(".js")


@dataclass(frozen=True)
class Mutant:
    """One wrong answer.

    Attributes:
        kind: what is wrong, as the table of faults names it.
        path: the file, or the question where it is about no file.
        detail: what was done.
        text: the wrong file; empty where only the answer around it is wrong.
        fault: how the model answers.
    """

    kind: str
    path: str
    detail: str
    text: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}"


Wrong = tuple[str, str]
"""What was done, and the file as it is then."""

Maker = Callable[[Subject], Iterator[Wrong]]


def subjects(gold: Gold) -> list[Subject]:
    """Every file that a model writes."""
    written = [path for path, text in gold.texts.items() if text and path not in gold.served]
    return [Subject(gold, path, gold.texts[path], gold.contract(path)) for path in written]


def made(makers: Mapping[str, tuple[Maker, ...]], subject: Subject) -> Iterator[Mutant]:
    """The mutants of one file, by what is wrong with them.

    A mutant whose text is as it should be is none.
    """
    for kind, chosen in makers.items():
        for maker in chosen:
            different = (wrong for wrong in maker(subject) if wrong[1] != subject.text)
            for detail, text in islice(different, MOST_OF_A_KIND):
                yield Mutant(kind, subject.path, detail, text, _answered(subject, text))


def _answered(subject: Subject, text: str) -> Fault:
    answer = in_block(text, subject.path, subject.contract["language"])
    return Fault(spoil=lambda _: answer)
