"""What came of wrong answers, counted by what was wrong with them, and kept in files.

`make test-gold` measures anew and holds itself to what is kept, and `docs/faults.md` shows it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, TypeAdapter

from tests.gold.repository import NAMES

PARTS = ("files", "structure", "logic")
"""What is measured apart: wrong files, wrong answers before there are files, wrong logic."""
_FOLDER = Path(__file__).parent / "measured"


@dataclass(frozen=True)
class Outcome:
    """What came of a question that was answered wrongly at first.

    Attributes:
        right: what was accepted in the end is as it should be.
        accepted: something was accepted; else the stage gave up.
        extra: calls beyond those that are needed.
        error: why the stage gave up.
    """

    right: bool
    accepted: bool
    extra: int
    error: str = ""


class Tally(BaseModel):
    """What came of the mutants of one kind.

    Attributes:
        made: mutants.
        detected: those that were not taken as they are.
        repaired: those after which the right thing was accepted, the second answer being right.
        extra: calls beyond those that are needed, where the second answer is right.
        withheld: those of which nothing wrong was accepted, every answer being wrong.
        by_tests: those that only the repository's own tests tell.
        unseen: the others, each by its name.
    """

    made: int = 0
    detected: int = 0
    repaired: int = 0
    extra: int = 0
    withheld: int = 0
    by_tests: int = 0
    unseen: list[str] = Field(default_factory=list[str])

    def add(self, name: str, once: Outcome, always: Outcome) -> None:
        """Count a mutant.

        Args:
            name: of the mutant.
            once: what came of it when the second answer was right.
            always: what came of it when every answer was wrong.
        """
        self.made += 1
        if once.accepted and not once.right:
            self.unseen.append(name)
            return
        self.detected += 1
        self.repaired += once.right
        self.extra += once.extra
        self.withheld += always.right or not always.accepted

    def told_by_tests(self, name: str) -> None:
        """Note that the repository's tests tell a mutant that nothing else saw."""
        self.unseen.remove(name)
        self.by_tests += 1


Tallies = dict[str, Tally]
"""By what is wrong."""


_Document = TypeAdapter(dict[str, Tallies])
"""Of one repository, by the part that was measured."""


def read(name: str, part: str) -> Tallies:
    """What was measured of a gold repository, one part of it."""
    return _document(name).get(part, {})


def write(name: str, part: str, tallies: Tallies) -> None:
    """Keep what was measured."""
    document = {**_document(name), part: dict(sorted(tallies.items()))}
    path = _FOLDER / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(_Document.dump_json(document, indent=1) + b"\n")


def _document(name: str) -> dict[str, Tallies]:
    path = _FOLDER / f"{name}.json"
    return _Document.validate_json(path.read_bytes()) if path.exists() else {}


def total(parts: Iterable[str]) -> Tallies:
    """What was measured of all gold repositories."""
    added: Tallies = {}
    for name in NAMES:
        for part in parts:
            for kind, tally in read(name, part).items():
                known = added.setdefault(kind, Tally())
                for key in ("made", "detected", "repaired", "extra", "withheld", "by_tests"):
                    setattr(known, key, getattr(known, key) + getattr(tally, key))
                known.unseen += [f"{name}/{one}" for one in tally.unseen]
    return added
