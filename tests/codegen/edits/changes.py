"""Changes of real sources, as a model might mean them: what was, what shall be, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from random import Random

SOURCES = {
    f"src/{file.name}": file.read_text()
    for file in sorted((Path(__file__).parent / "sources").iterdir())
    if file.is_file()
}
"""The repository that the answers are about."""

ACCEPTANCE = "tests/test_acceptance.py"
TREE = {**SOURCES, ACCEPTANCE: "def test_lends():\n    assert True\n"}

_WORD = re.compile(r"[A-Za-z]{4,}")


@dataclass(frozen=True)
class Change:
    """One change of one file.

    Attributes:
        path: the file.
        before, after: its lines.
        first: index of the first line that changes.
        gone, come: the lines that go and those that come instead.
    """

    path: str
    before: tuple[str, ...]
    first: int
    gone: tuple[str, ...]
    come: tuple[str, ...]

    @property
    def after(self) -> tuple[str, ...]:
        last = self.first + len(self.gone)
        return (*self.before[: self.first], *self.come, *self.before[last:])

    @property
    def result(self) -> dict[str, str | None]:
        return {self.path: text_of(self.after)}

    def halves(self, context: int, *, loosely: bool) -> tuple[list[str], list[str]]:
        """What is searched and what replaces it, with context until it occurs once.

        Args:
            context: least number of lines before and after.
            loosely: whether it shall occur once however it is spaced.
        """
        last = self.first + len(self.gone)
        for size in range(context, len(self.before)):
            above = self.before[max(0, self.first - size) : self.first]
            below = self.before[last : last + size]
            search = [*above, *self.gone, *below]
            if times(search, self.before, loosely=loosely) == 1:
                return search, [*above, *self.come, *below]
        raise AssertionError(f"{self.path} cannot be told from itself")

    def diff(self, context: int = 3) -> list[str]:
        """The change as a unified diff, with context until it occurs once."""
        search, _ = self.halves(context, loosely=True)
        size = max(context, len(search))
        lines = unified_diff(
            self.before, self.after, f"a/{self.path}", f"b/{self.path}", n=size, lineterm=""
        )
        return list(lines)


def text_of(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def times(block: Sequence[str], lines: Sequence[str], *, loosely: bool) -> int:
    """How often lines occur among others, counted in the plainest way."""
    there = [_form(line, loosely=loosely) for line in lines]
    wanted = [_form(line, loosely=loosely) for line in block]
    starts = range(len(there) - len(wanted) + 1)
    return sum(there[start : start + len(wanted)] == wanted for start in starts)


def _form(line: str, *, loosely: bool) -> str:
    return re.sub(r"\s", "", line) if loosely else line


def search_block(path: str, search: Sequence[str], replace: Sequence[str]) -> str:
    return "\n".join([path, "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE", ""])


def random_change(random: Random, path: str) -> Change:
    """A change that rewords, adds, takes away or unfolds some lines."""
    before = tuple(SOURCES[path].splitlines())
    wordy = [number for number, line in enumerate(before) if _WORD.search(line)]
    first = random.choice([number for number in wordy if 2 < number < len(before) - 3])
    line = before[first]
    margin = line[: len(line) - len(line.lstrip())]
    deeper = margin + ("\t" if "\t" in text_of(before) else "  " * (2 if path[-3:] == ".py" else 1))
    number = random.randrange(10, 1000)
    kind = random.choice(["reword", "reword", "add", "take", "unfold"])
    if kind == "reword":
        reworded = _WORD.sub(lambda word: f"{word[0]}{number}", line, count=1)
        return Change(path, before, first, (line,), (reworded,))
    if kind == "add":
        return Change(path, before, first + 1, (), (f"{margin}checked_{number}();",))
    if kind == "take":
        return Change(path, before, first, before[first : first + random.choice([1, 2])], ())
    unfolded = (f"{margin}when ({number}) {{", deeper + line.strip(), f"{margin}}}")
    return Change(path, before, first, (line,), unfolded)
