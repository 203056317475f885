"""What a model wants changed in a repository, as read from its answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Sign = Literal[" ", "-", "+"]


class EditLine(NamedTuple):
    """A line of a change, without its end.

    Attributes:
        sign: ` ` for a line that stays, `-` for one that goes, `+` for one that comes.
        text: the line.
    """

    sign: Sign
    text: str


@dataclass(frozen=True)
class Replacement:
    """Some lines of a file become others.

    Attributes:
        path: the file.
        place: line of the answer at which the edit begins, from 1.
        lines: what stays, goes and comes, in order.
        start: line of the file, from 1, at which a hunk's header says that it begins; `None` if
            there is no header, or one whose line counts are wrong.
    """

    path: str
    place: int
    lines: tuple[EditLine, ...]
    start: int | None = None

    @property
    def old(self) -> tuple[str, ...]:
        """The lines that the file should have."""
        return tuple(text for sign, text in self.lines if sign != "+")

    @property
    def new(self) -> tuple[str, ...]:
        """What they should become."""
        return tuple(text for sign, text in self.lines if sign != "-")


@dataclass(frozen=True)
class WholeFile:
    r"""A file gets another text, or is added.

    Attributes:
        path: the file.
        place: line of the answer at which the edit begins, from 1.
        text: the complete text, with line ends as `\n`.
        fresh: whether the edit says that the file is not there yet, or is empty.
    """

    path: str
    place: int
    text: str
    fresh: bool = False


@dataclass(frozen=True)
class Deletion:
    """A file goes.

    Attributes:
        path: the file.
        place: line of the answer at which the edit begins, from 1.
        old: the lines that the answer says it has; empty if it does not say.
    """

    path: str
    place: int
    old: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """A file gets another path; what is replaced in it is said under its old one.

    Attributes:
        path: the file.
        place: line of the answer at which the edit begins, from 1.
        target: its new path.
    """

    path: str
    place: int
    target: str


Edit = Replacement | WholeFile | Deletion | Move


@dataclass(frozen=True)
class Edits:
    """All that an answer wants changed.

    Attributes:
        edits: the changes, in the order of the answer.
        no_change: why the answer wants no change; empty if it wants one.
    """

    edits: tuple[Edit, ...]
    no_change: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is changed, deleted or written, in the order of the answer."""
        paths: list[str] = []
        for edit in self.edits:
            paths.append(edit.path)
            if isinstance(edit, Move):
                paths.append(edit.target)
        return tuple(dict.fromkeys(paths))


def quoted(lines: Iterable[str], most: int = 12) -> str:
    """Lines as a message quotes them; a long line, or many lines, are cut."""
    shown = [line if len(line) <= 160 else f"{line[:159]}…" for line in lines]
    more = [f"… and {len(shown) - most} more"] if len(shown) > most else []
    return "\n".join(f"    | {line}" for line in [*shown[:most], *more])
