"""Whatever the documentation names is there: paths, links, commands, variables, messages."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from core import layout
from flows.cli import app
from tests.docs.new_stage import steps
from tests.docs.pages import PAGES, ROOT, blocks, read, spans
from tests.docs.tables import catalogue, metrics, settings_of
from tests.docs.troubles import ELSEWHERE

SOURCES = ("core", "codegen", "prompts", "providers", "tasks", "flows")
IDENTIFIER = re.compile(r"[a-z]+(_[a-z]+)+|([A-Z][a-z]+){2,}|[A-Z]+(_[A-Z]+)+")
PATH = re.compile(r"\.?[\w-][\w.-]*(/[\w.-]+)*/?")
ENDINGS = (".py", ".toml", ".md", ".yaml", ".lock", ".in", ".json", ".db")
ARTIFACTS = {value for value in vars(layout).values() if isinstance(value, str)}
EXAMPLE = {step.path for step in steps()} | {"docs/glossary.md", "providers.toml"}
KEPT = {
    *("store/", "locks/", "prefect/", "environments/", "ledger.db", "server.log", "prefect.db"),
    *("limits.db", "store/reports/", "store/inbox/", "store/locks/", "errors.log"),
    *(
        "projects/",
        "store/projects/",
        "cache/results/",
        "cache/answers/",
        "store/cache/results/",
        "cache/shared/",
        "store/cache/shared/",
    ),
}
"""What a build leaves below the home folder, as the pages name it."""

every_page = pytest.mark.parametrize("page", PAGES)


def python_sources() -> Iterator[str]:
    for package in SOURCES:
        for path in (ROOT / package).rglob("*.py"):
            yield path.read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """Command lines of a page: in backticks, or in a block for a shell."""
    shell = [
        line
        for language, text in blocks(read(page))
        if language == "sh"
        for line in text.splitlines()
    ]
    return [*spans(read(page)), *shell]


@every_page
def test_paths_are_there(page: str) -> None:
    words = [word for command in commands(page) for word in command.split()]
    paths = [
        word for word in words if PATH.fullmatch(word) and ("/" in word or word.endswith(ENDINGS))
    ]
    deployments = re.findall(r"^  - name: (\S+)$", read("prefect.yaml"), re.MULTILINE)
    runs = {f"{flow}/{name}" for name in deployments for flow in ("build-app", name)}
    known = ARTIFACTS | EXAMPLE | KEPT | runs
    # Made by commands; names of secrets; the name of many.
    elsewhere = (
        ".app-builder",
        ".venv",
        "app-builder/",
        "__init__.py",
        "conftest.py",
        "deployments/.env",
        "deployments/secrets",
        "deployments/models",
        "builds/",
    )

    missing = [path for path in paths if path not in known and not path.startswith(elsewhere)]
    assert [path for path in missing if not (ROOT / path).exists()] == []


def test_kept_paths_are_those_of_the_code() -> None:
    code = "\n".join(python_sources())

    for path in KEPT:
        name = path.removeprefix("store/").removeprefix("cache/").strip("/") or "store"
        assert re.search(rf"[\"'/]{re.escape(name)}[\"'/]", code), path


def test_everything_below_the_home_folder_is_in_its_table() -> None:
    section = read("docs/operations.md").split("## Where things are kept")[1].split("\n## ")[0]
    told = {
        path.partition("/")[0] for path in re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    }
    used = {
        name
        for code in python_sources()
        for name in re.findall(
            r"\b(?:settings|self\._settings|load_settings\(\))\.root / \"([^\"]+)\"", code
        )
    }

    assert {"store", "ledger.db", "limits.db", "errors.log"} <= told
    assert used <= told
    assert len(used) > 4


def test_every_requirements_file_is_told() -> None:
    page = read("CONTRIBUTING.md")

    for path in (ROOT / "requirements").iterdir():
        assert f"`requirements/{path.name}`" in page


@every_page
def test_names_of_code_are_there(page: str) -> None:
    files = [ROOT / ".env.example", *ROOT.glob("*.toml"), *(ROOT / "core").glob("*.toml")]
    files += [path for path in (ROOT / "deployments").iterdir() if path.suffix]
    code = "\n".join([*python_sources(), *(file.read_text(encoding="utf-8") for file in files)])
    example = "\n".join(step.text for step in steps())
    names = {span for span in spans(read(page)) if IDENTIFIER.fullmatch(span)}
    names -= set(spans(metrics()))  # made of parts in the code

    assert {name for name in names if not re.search(rf"\b{name}\b", code + example)} == set()


@every_page
def test_links_lead_somewhere(page: str) -> None:
    here = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        linked = (here / file) if file else ROOT / page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
            assert anchor in slugs, target


@every_page
def test_make_targets_are_there(page: str) -> None:
    targets = re.findall(r"^([a-z0-9-]+):", read("Makefile"), re.MULTILINE)

    for command in commands(page):
        if found := re.match(r"make (\S+)", command):
            assert found[1] in targets


def every_command(group: Any) -> Iterator[Any]:
    """The commands of a group, and those of the groups in it."""
    for command in group.commands.values():
        yield from every_command(command) if hasattr(command, "commands") else [command]


@every_page
def test_commands_and_options_of_app_builder_are_there(page: str) -> None:
    group: Any = typer.main.get_command(app)
    options = {
        option
        for command in every_command(group)
        for parameter in command.params
        for option in parameter.opts
    }
    for command in commands(page):
        if found := re.search(r"app-builder ([a-z][a-z-]*)\b", command):
            assert found[1] in group.commands
        if command.startswith("--") or "app-builder " in command:
            assert set(re.findall(r"--[a-z-]+", command)) <= options


def test_every_option_and_command_is_told() -> None:
    group: Any = typer.main.get_command(app)
    page = read("docs/operations.md") + read("docs/observability.md")

    for name in group.commands:
        assert f"`app-builder {name}" in page
    for command in every_command(group):
        for parameter in command.params:
            assert parameter.opts[0] in page or not parameter.opts[0].startswith("--")


@every_page
def test_variables_are_there(page: str) -> None:
    known = {
        *(variable for variable, _, _ in settings_of()),
        *(name for row in catalogue() for name in (row.key_variable, row.base_url_variable)),
    }
    for name in re.findall(
        r"\b(?:APP_BUILDER|MODEL_ROUTER)_[A-Z_]+|\b[A-Z_]+_API_KEY\b", read(page)
    ):
        assert name in known or any(
            str(variable).startswith(name) for variable in known if name.endswith("__")
        )


def messages(text: str) -> Iterator[str]:
    """Every text in a source, f-strings with an ellipsis for each value."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_messages_are_those_of_the_code() -> None:
    code = [" ".join(message.split()) for text in python_sources() for message in messages(text)]

    for told in ELSEWHERE:  # others are compared with what is really said
        parts = [part for part in re.split(r"\W*…\W*", told) if part]
        pattern = re.compile(r".*".join(map(re.escape, parts)))
        assert any(pattern.search(one) for one in code), told
