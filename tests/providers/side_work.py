"""Work for tests of side processes, in a module that the process can import."""

import ctypes
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Work:
    """Does what a word says."""

    folder: Path

    def __call__(self, word: str, *, again: int = 1) -> str:
        (self.folder / f"{os.getpid()}").touch()
        match word:
            case "crash":
                ctypes.string_at(0)
            case "crash once":
                mark = self.folder / "crashed"
                if not mark.exists():
                    mark.touch()
                    os._exit(3)
            case "sleep":
                time.sleep(60)
            case "refuse":
                raise ValueError("nothing can be done with it")
            case "print":
                sys.stdout.write("a word on the side")
                sys.stdout.flush()
            case "environment":
                return " ".join(sorted(os.environ))
            case _:
                pass
        return word * again

    def processes(self) -> list[int]:
        """Ids of those that worked."""
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
