"""`docs/add-a-stage.md` as steps, and a copy of the project in which they are followed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT, blocks, read

PAGE = "docs/add-a-stage.md"
LEFT_OUT = (".*", "__pycache__", "*.egg-info", "htmlcov")
NEW_FILE = re.compile(r"New file `(?P<path>[^`]+)`:$")
CHANGE = re.compile(
    r"In `(?P<path>[^`]+)`, (?P<side>above|below) the line `(?P<line>[^`]+)`,"
    r"(?: with (?P<room>an empty line|two empty lines) between,)? add:$"
)

ROOM = {None: "", "an empty line": "\n", "two empty lines": "\n\n"}


@dataclass(frozen=True)
class Step:
    """One thing the page says to do.

    Attributes:
        said: the paragraph before the block, on one line.
        language, text: of the block.
    """

    said: str
    language: str
    text: str

    @property
    def path(self) -> str:
        """The file it is about."""
        found = NEW_FILE.search(self.said) or CHANGE.search(self.said)
        assert found, f"{PAGE} does not say what to do with the block after {self.said!r}"
        return found["path"]

    def follow(self, folder: Path) -> None:
        """Do it, unless somebody who follows the page has done so in this very checkout."""
        target = folder / self.path
        if target.exists() and self.text in target.read_text(encoding="utf-8"):
            return
        if NEW_FILE.search(self.said):
            assert not target.exists(), f"{self.path} is there, and is not what {PAGE} says"
            target.write_text(self.text, encoding="utf-8")
            return
        change = CHANGE.search(self.said)
        assert change
        lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
        (position,) = [n for n, line in enumerate(lines) if line.strip() == change["line"]]
        room = ROOM[change["room"]]
        if change["side"] == "above":
            lines.insert(position, self.text + room)
        else:
            lines.insert(position + 1, room + self.text)
        target.write_text("".join(lines), encoding="utf-8")


def steps() -> list[Step]:
    """What the page says to do, in order; commands to run at the end left out."""
    found: list[Step] = []
    rest = read(PAGE)
    for language, text in blocks(rest):
        before, rest = rest.split(f"```{language}\n{text}```", 1)
        paragraph = before.rstrip().rsplit("\n\n", 1)[-1]
        found.append(Step(" ".join(paragraph.split()), language, text))
    return [step for step in found if step.language != "sh"]


def run(folder: Path, *command: str) -> str:
    """Run a command in the copy, as if nobody were testing or measuring around it."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COV", "PYTEST", "APP_BUILDER"))
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def followed(folder: Path) -> Generator[Path]:
    """A copy of the project in an empty place, in which everything is done that the page says."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for step in steps():
        step.follow(folder)
    yield folder
    shutil.rmtree(folder)
