"""Work for tests of side processes, in a module that the process can import."""

import ctypes
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

NO_MORE = "no further process"
AT_IT = "at it"


class StrangeError(ValueError):
    """Cannot be made from its text, as pickling would."""

    def __init__(self, what: str, does: str) -> None:
        super().__init__(f"{what} {does}")


@dataclass(frozen=True)
class Work:
    """Does what a word says."""

    folder: Path

    def __setstate__(self, state: dict[str, Path]) -> None:
        self.__dict__.update(state)
        if (self.folder / NO_MORE).exists():
            os._exit(5)
        self._mark()

    def _mark(self) -> None:
        (self.folder / f"{os.getpid()}").touch()

    def __call__(self, word: str, *, again: int = 1) -> str:  # noqa: C901 -- a list of words
        (self.folder / AT_IT).touch()
        match word:
            case "crash":
                ctypes.string_at(0)
            case "crash once":
                mark = self.folder / "crashed"
                if not mark.exists():
                    mark.touch()
                    os._exit(3)
            case "end for ever":
                (self.folder / NO_MORE).touch()
                os._exit(3)
            case "nap":
                time.sleep(0.5)
            case "spin":
                while True:
                    pass
            case "refuse":
                raise ValueError("nothing can be done with it")
            case "stop":
                raise StopIteration("where nobody looks")
            case "fail strangely":
                raise StrangeError("it", "fails")
            case "defect":
                raise KeyError("a defect")
            case "give what cannot be sent":
                return cast("str", lambda: word)
            case "size":
                return "x" * 1_000_000
            case "print":
                sys.stdout.write("a word on the side")
                sys.stdout.flush()
            case "environment":
                return " ".join(sorted(os.environ))
            case _:
                pass
        return word * again

    def processes(self) -> list[int]:
        """Ids of those that have it."""
        return [int(path.name) for path in self.folder.iterdir() if path.name.isdigit()]


@dataclass(frozen=True)
class EndsAtOnce:
    """Cannot be loaded by any process but the one that made it."""

    maker: int

    def __setstate__(self, state: dict[str, int]) -> None:
        if state["maker"] != os.getpid():
            os._exit(5)
        self.__dict__.update(state)

    def __call__(self, word: str) -> str:
        if word == "refuse":
            raise ValueError("nothing can be done with it")
        return f"{word} by {os.getpid()}"
