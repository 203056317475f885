"""What the documentation says in tables and lists is what the data says."""

import re
import tomllib

import pytest

from flows.cli import BAD_INPUT, BUILD_FAILED
from tests.docs.pages import ROOT, marked, read
from tests.docs.tables import TABLES


@pytest.mark.parametrize(("page", "mark"), TABLES)
def test_tables_are_what_the_data_says(page: str, mark: str) -> None:
    assert marked(page, mark) == TABLES[page, mark](), "run `python -m tests.docs.tables`"


def test_every_make_target_says_what_it_does() -> None:
    makefile = read("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    assert phony.split() == re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE)


def test_exit_codes_are_those_of_the_command() -> None:
    told = re.findall(r"^\| (\d+) \|", marked("docs/operations.md", "exit codes"), re.MULTILINE)

    assert [int(code) for code in told] == [0, BUILD_FAILED, BAD_INPUT]


def test_changelog_begins_with_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]

    assert re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)[0] in {
        version,
        "Unreleased",
    }


def test_layout_names_every_package() -> None:
    layout = read("docs/architecture.md").split("## Layout")[1].split("```")[1]
    outer = re.findall(r"^([a-z]+)/", layout, re.MULTILINE)
    inner = re.findall(r"^  ([a-z_]+)/", layout, re.MULTILINE)
    root_packages = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["root_packages"]

    assert set(outer) == {*root_packages, "deployments", "docs", "tests"}
    assert sorted(inner) == sorted(
        path.parent.name for path in (ROOT / "providers").glob("*/__init__.py")
    )
