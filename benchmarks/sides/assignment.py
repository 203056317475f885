"""What the sides that only make the calls are told to do, as a JSON file for any language.

Their prompts are as long as those of the shipped side, and the second holds the answer to the
first, as there.
"""

from benchmarks.sides import product
from benchmarks.sides.cell import Cell
from core.artifacts.base import Part

_BRIEFER_CHARACTERS = 5_500
_BRIEF_CHARACTERS = 6_000
_CODER_CHARACTERS = 7_500
_FILE_CHARACTERS = 6_000
_FILLER = "Keep to the contract; what is not said there is decided by the simplest way. "


class FileTask(Part):
    """One file to be written.

    Attributes:
        brief: the user's turn of the first question.
        file: the beginning of that of the second; the answer to the first comes behind it.
        holds: what the file must hold.
    """

    brief: str
    file: str
    holds: str


class Assignment(Part):
    """The files of a cell.

    Attributes:
        url: where the model answers.
        at_once: most files that are written at the same time.
        first: number of files that come before the others.
        briefer, coder: the system's turns.
        redis: path of the socket of a Redis server, for those who need one.
    """

    url: str
    at_once: int
    first: int
    briefer: str
    coder: str
    redis: str = ""
    files: tuple[FileTask, ...]


def assignment_of(cell: Cell, url: str, redis: str = "") -> Assignment:
    """What a cell means for a side that only makes the calls."""
    return Assignment(
        url=f"{url}/{cell.latency:g}/chat/completions",
        at_once=cell.at_once,
        first=min(product.BASES, cell.files),
        briefer=_filled("# prompt-builder\n", _BRIEFER_CHARACTERS),
        coder=_filled("# coder\n", _CODER_CHARACTERS),
        redis=redis,
        files=tuple(_task(number) for number in range(cell.files)),
    )


def _task(number: int) -> FileTask:
    about = f"What is to be written is in part {number:04} of the store."
    return FileTask(
        brief=_filled(about, _BRIEF_CHARACTERS),
        file=_filled(about, _FILE_CHARACTERS),
        holds=f"def total_{number:04}(",
    )


def _filled(text: str, characters: int) -> str:
    filler = _FILLER * (characters // len(_FILLER))
    return f"{text}\n{filler}"
