"""A gate that ends its process over one file, in a module that another process can import."""

import os
import sys
from dataclasses import dataclass

from codegen.file_gate import FileGate, Surroundings

ENDS_OVER = "shift_tally/entries.py"


@dataclass(frozen=True)
class EndingGate(FileGate):
    """Takes files as the real one does, but for one."""

    def __call__(self, answer: str, around: Surroundings) -> str:
        if around.file.path == ENDS_OVER:
            if "pytest" in sys.modules:
                raise AssertionError("the gate works in the build's own process")
            os._exit(3)
        return super().__call__(answer, around)
