"""`docs/add-a-stage.md`, followed word for word in a copy of the project.

`make test-commands` runs all tests in such a copy that a new row could break.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.new_stage import PAGE, followed, run, steps

pytestmark = pytest.mark.xdist_group("add-a-stage")  # the copy is made once


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with followed(tmp_path_factory.mktemp("project") / "copy") as folder:
        yield folder


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


def test_its_test_passes_and_the_pages_list_it(copy: Path) -> None:
    run(copy, "-m", "tests.docs.tables")
    said = run(
        copy,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist"),
        *("tests/tasks/test_glossary.py", "tests/prompts/test_contexts.py"),
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
