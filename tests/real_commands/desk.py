"""A folder like a fresh checkout, where the commands of the pages are run as they are written."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT, blocks, read
from tests.flows.command import variables

_SECONDS = 600
_MAKE = {"MAKEFLAGS": "--no-print-directory --assume-old=.venv/.ready"}
"""The targets as they are, in the environment that runs this."""
_OWN = {".app-builder", ".bench", ".git", ".env", ".ci", ".hypothesis", ".pytest_cache"}


def documented(page: str, beginning: str) -> str:
    """The one block of a page with a line that begins so, as it is written."""
    found = [
        text
        for _, text in blocks(read(page))
        if any(line.startswith(beginning) for line in text.splitlines())
    ]
    assert len(found) == 1, f"{page} has {len(found)} blocks with {beginning!r}"
    return found[0]


@dataclass(frozen=True)
class Desk:
    """Where the commands run.

    Attributes:
        folder: everything of the checkout, and what the commands leave behind.
        environment: of the commands.
    """

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def in_folder(cls, folder: Path, **more: str) -> "Desk":
        """A desk whose checkout is this one, and whose home is its own."""
        for entry in ROOT.iterdir():
            if entry.name not in _OWN:
                (folder / entry.name).symlink_to(entry)
        own = {"MODEL_ROUTER_DEMO_MODE": "forced", **_MAKE, **more}
        environment = variables(folder / ".app-builder", **own)
        del environment["APP_BUILDER_HOME"]  # the default is what the pages tell of
        return cls(folder, environment)

    def run(self, commands: str, *replaced: tuple[str, str], **more: str) -> str:
        """Run commands of a page; what they said.

        Args:
            commands: as the page has them.
            replaced: what stands there for the reader's own, and what it is here.
            more: variables beside the desk's.
        """
        for told, meant in replaced:
            assert told in commands, f"{told!r} is not in {commands!r}"
            commands = commands.replace(told, meant)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{commands}\nended with {done.returncode}:\n{done.stdout}"
        return done.stdout
