"""Whole builds of the command, published to a small GitHub, and no trace of the token.

The tests of this module are one story, in order: they share the server and the home.
"""

import json
import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.command import TINY, start, variables
from tests.flows.traces import files_with, holds
from tests.providers.vcs.github_server import TOKEN, Hub, serving

NAME = "ann/reading-list"
OURS = ("flows.cli", "prefect", "multiprocessing", f"file -b {os.path.realpath(sys.executable)}")
"""Programs of ours, which may have the token: what looks it up, and what that starts of itself.
By the last one Python's own `platform` learns for what machine it was made."""

_SECONDS = 600
"""A build takes a few on a quiet machine."""

SHELF = {"name": "Shelf", "fields": [{"name": "room", "required": True}]}


def book(field: str) -> dict[str, object]:
    """What a book is, with a field of that name."""
    return {"name": "Book", "fields": [{"name": "title", "required": True}, {"name": field}]}


pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Office:
    """Where builds are made and published."""

    hub: Hub
    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def build(self, questionnaire: Path, **settings: str) -> str:
        """Build with the command; what it printed."""
        environment = variables(
            self.home,
            **{
                "MODEL_ROUTER_DEMO_MODE": "forced",
                "GITHUB_TOKEN": TOKEN,
                "APP_BUILDER_GITHUB__API": f"{self.hub.url}/api/v3",
                "PREFECT_LOGGING_LEVEL": "DEBUG",
                **settings,
            },
        )
        words = ("build", questionnaire, "--publish", "github")
        with start(*words, environment=environment) as process:
            output, _ = process.communicate(timeout=_SECONDS)
        assert process.returncode == 0, output
        return output

    @property
    def first(self) -> Path:
        """The answers that the story begins with."""
        return self.questionnaire("first", entities=[book("recommended by"), SHELF])

    def questionnaire(self, name: str, **changes: object) -> Path:
        """The example's answers, changed."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({**json.loads(TINY.read_text()), **changes}))
        return path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with serving(folder / "hub") as hub:
        yield Office(hub, folder)
    assert hub.problems == []


def processes_with_token() -> set[str]:
    """Command lines of the processes whose arguments or environment hold the token."""
    found: set[str] = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (place / "cmdline").read_bytes()
            if holds(arguments, TOKEN) or TOKEN.encode() in (place / "environ").read_bytes():
                found.add(arguments.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it ended just now, or is another user's
            continue
    return found


@contextmanager
def watched() -> Generator[set[str]]:
    """Command lines with the token, of all the time that the block runs."""
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            seen.update(processes_with_token())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        done.set()
        watching.join()


def test_a_green_build_is_the_default_branch_and_leaves_no_trace_of_the_token(
    office: Office,
) -> None:
    with watched() as seen:
        office.hub.happened = lambda _event: seen.update(processes_with_token())
        output = office.build(office.first)
        office.hub.happened = lambda _event: None
    hub = office.hub
    assert "tests green" in output
    assert f"git clone {hub.url}/{NAME}.git" in output
    assert int(hub.git(NAME, "rev-list", "--count", "main")) > 5
    assert (hub.pushes, hub.pulls) == (1, {})
    assert len(hub.requests) <= 12
    assert not holds(output.encode(), TOKEN)
    assert files_with(office.home, TOKEN) == []
    assert files_with(hub.folder, TOKEN) == []
    assert any("flows.cli" in command for command in seen), "it was watched"
    assert [command for command in seen if not any(name in command for name in OURS)] == []
    assert not any(holds(command.encode(), TOKEN) for command in seen)


def test_built_again_nothing_is_done_twice(office: Office) -> None:
    before = office.hub.git(NAME, "show-ref")
    office.hub.requests.clear()
    office.build(office.first)
    assert office.hub.git(NAME, "show-ref") == before
    assert office.hub.pushes == 1
    assert all(request.startswith("GET ") for request in office.hub.requests)


def test_a_renamed_field_is_a_pull_request_of_the_files_that_it_concerns(office: Office) -> None:
    hub = office.hub
    before = hub.git(NAME, "rev-parse", "main")
    output = office.build(office.questionnaire("changed", entities=[book("told by"), SHELF]))
    (pull,) = hub.pulls[NAME]
    assert (pull["draft"], pull["base"]["ref"]) == (False, "main")
    assert pull["html_url"] in output
    assert hub.git(NAME, "rev-parse", "main") == before
    assert list(hub.repositories) == [NAME]
    changed = hub.git(NAME, "diff", "--name-only", "main", pull["head"]["ref"]).splitlines()
    files = set(changed) - {"BUILD_REPORT.md"}
    assert "app/models/book.py" in files
    assert not [path for path in files if "shelf" in path or path == "app/database.py"]
    section = pull["body"].partition("## What changed")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    (head, *_), told = rows, "\n".join(rows)
    assert head.startswith("| requirement or entity | is | files added | files changed |")
    assert any(row.startswith("| Book | changed |") for row in rows)
    assert {path for path in files if f"`{path}`" in told} == files
    assert "shelf" not in told.lower()


def test_a_build_that_could_not_be_verified_is_a_draft_beside_a_page_that_says_so(
    office: Office,
) -> None:
    hub, name = office.hub, "ann/second-shelf"
    answers = office.questionnaire("second", project_name="Second Shelf")
    output = office.build(answers, APP_BUILDER_SANDBOX_KIND="none")
    (pull,) = hub.pulls[name]
    assert pull["draft"] is True
    assert pull["head"]["ref"].startswith("review/second-shelf-")
    assert pull["html_url"] in output
    assert hub.git(name, "ls-tree", "--name-only", "main") == "README.md"
    assert pull["head"]["ref"] in hub.git(name, "show", "main:README.md")
