"""`docs/add-a-stage.md`, followed word for word in a copy of the project."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, read

PAGE = "docs/add-a-stage.md"
LEFT_OUT = (".*", "__pycache__", "*.egg-info", "htmlcov")
NEW_FILE = re.compile(r"New file `(?P<path>[^`]+)`:$")
CHANGE = re.compile(
    r"In `(?P<path>[^`]+)`, (?P<side>above|below) the line `(?P<line>[^`]+)`,"
    r"(?: with (?P<room>an empty line|two empty lines) between,)? add:$"
)
READS_THE_TABLE = re.compile(r"\b(read_stage_rows|load_table|stage_table|open_session)\b")
SLOW = ("tests/docs/test_add_a_stage.py", "tests/flows", "tests/real_")
QUICK = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "tests").rglob("test_*.py")
    if not str(path.relative_to(ROOT)).startswith(SLOW)
    and READS_THE_TABLE.search(path.read_text(encoding="utf-8"))
)
"""Tests that a new row could break, without those that run whole builds."""

pytestmark = pytest.mark.xdist_group("add-a-stage")  # the copy is made once

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


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("project") / "copy"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for step in steps():
        step.follow(folder)
    yield folder
    shutil.rmtree(folder)


def test_it_takes_a_row_a_pair_with_its_context_a_task_and_a_test() -> None:
    assert [step.path for step in steps()] == [
        "core/stages.toml",
        "prompts/templates/glossary.system.jinja",
        "prompts/templates/glossary.user.jinja",
        "prompts/contexts.py",
        "tasks/glossary.py",
        "tests/tasks/test_glossary.py",
        "tests/prompts/conftest.py",
    ]


def test_its_test_passes_and_so_do_those_of_everything_it_touches(copy: Path) -> None:
    run(copy, "-m", "tests.docs.tables")
    said = run(
        copy,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist"),
        *("tests/tasks/test_glossary.py", "tests/prompts/test_contexts.py", *QUICK),
    )

    assert " passed" in said
    assert "| 2.5 | glossary |" in (copy / "docs/architecture.md").read_text(encoding="utf-8")


def test_following_the_page_twice_changes_nothing(copy: Path) -> None:
    before = {step.path: (copy / step.path).read_bytes() for step in steps()}
    for step in steps():
        step.follow(copy)
    assert {step.path: (copy / step.path).read_bytes() for step in steps()} == before


def test_a_build_is_killed_in_it_too(copy: Path) -> None:
    program = "from tests.real_faults.test_kill_in_every_stage import kills; print(list(kills()))"
    said = run(copy, "-c", program)

    assert "('docs-creator', 1), ('glossary', 1), ('schema-generator', 1)" in said


def test_the_command_lists_it(copy: Path) -> None:
    said = run(copy, "-c", "from flows.cli import main; main()", "stages")

    assert re.search(r"^2\.5 glossary +docs/glossary\.md$", said, re.MULTILINE)
    assert "glossary: zukijourney/gpt-5-mini" in said


def test_it_passes_the_checks(copy: Path) -> None:
    python = [step.path for step in steps() if step.path.endswith(".py")]
    run(copy, "-m", "ruff", "format", "--check", "--no-cache", PAGE, *python)
    run(copy, "-m", "ruff", "check", "--no-cache", *python)
    said = run(copy, "-c", "from importlinter.cli import lint_imports_command as c; c()")

    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", said)


def test_everything_in_it_is_typed() -> None:
    python = [step.text for step in steps() if step.path.endswith(".py")]
    functions = [
        node
        for text in python
        if not text.startswith(" ")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]

    assert functions
    for function in functions:
        assert function.returns, function.name
        assert all(argument.annotation for argument in function.args.args), function.name
