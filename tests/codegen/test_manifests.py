import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.manifests import Declared, fixes_versions, refuse_undeclared_modules
from core.artifacts.structure import Dependency

PLANNED = (
    Dependency(name="planned-python"),
    Dependency(name="planned-npm", ecosystem="npm"),
    Dependency(name="planned/go", ecosystem="go"),
)


def declared(files: dict[str, str], path: str = "a/b.py") -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"python": set(), "npm": set(), "go": set()}
    for item in Declared(files, PLANNED).of(path):
        found[item.ecosystem].add(item.name)
    return found


def test_where_no_manifest_is_the_plan_holds():
    assert declared({"README.md": ""}) == {
        "python": {"planned-python"},
        "npm": {"planned-npm"},
        "go": {"planned/go"},
    }


def test_everything_that_a_pyproject_declares_counts():
    text = """
[project]
name = "shop"
dependencies = ["fastapi[standard]>=0.100", "httpx ; python_version > '3.10'"]
[project.optional-dependencies]
dev = ["ruff==1"]
[dependency-groups]
test = ["pytest-cov", {include-group = "dev"}]
"""
    assert declared({"pyproject.toml": text})["python"] == {
        "fastapi",
        "httpx",
        "ruff",
        "pytest-cov",
        "shop",
        "pytest",
    }


def test_the_tables_of_poetry_count():
    text = """
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3"
[tool.poetry.group.dev.dependencies]
black = "*"
"""
    assert declared({"pyproject.toml": text})["python"] == {"flask", "black", "shop", "pytest"}


def test_requirement_files_count_besides():
    files = {
        "pyproject.toml": '[project]\nname = "shop"\n',
        "requirements.txt": "# all\nflask==3\n-r other.txt\n\nredis[hiredis]\n",
        "requirements-dev.in": "mypy\n",
    }
    assert {"flask", "redis", "mypy", "shop"} <= declared(files)["python"]


def test_everything_that_a_package_json_declares_counts():
    manifest = {
        "name": "@shop/web",
        "dependencies": {"express": "4"},
        "devDependencies": {"vitest": "1"},
        "peerDependencies": {"react": "18"},
        "optionalDependencies": {"fsevents": "2"},
    }
    assert declared({"package.json": json.dumps(manifest)})["npm"] == {
        "@shop/web",
        "express",
        "vitest",
        "react",
        "fsevents",
    }


def test_everything_that_a_go_mod_requires_counts():
    text = """module example.com/shop

require github.com/one/single v1.2.3

require (
\tgithub.com/gin-gonic/gin v1.9.1
\tgolang.org/x/text v0.3.0 // indirect
)
"""
    assert declared({"go.mod": text})["go"] == {
        "github.com/one/single",
        "github.com/gin-gonic/gin",
        "golang.org/x/text",
    }


def test_the_nearest_manifest_above_a_file_holds():
    files = {
        "package.json": '{"dependencies": {"outer": "1"}}',
        "web/package.json": '{"dependencies": {"inner": "1"}}',
    }
    assert declared(files, "web/src/a.js")["npm"] == {"inner"}
    assert declared(files, "other/a.js")["npm"] == {"outer"}


@pytest.mark.parametrize(
    "text", ["[project", "[tool.ruff]\nline-length = 1\n", "project = 1\n", "[project]\n"]
)
def test_a_manifest_that_declares_nothing_to_be_read_leaves_the_plan(text: str):
    assert declared({"pyproject.toml": text})["python"] == {"planned-python"}


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_a_package_json_that_cannot_be_read_leaves_the_plan(text: str):
    assert declared({"package.json": text})["npm"] == {"planned-npm"}


@pytest.mark.parametrize(
    "path",
    [
        *("requirements.txt", "requirements-dev.txt", "requirements/dev.in", "setup.cfg"),
        *("api/package.json", "constraints.txt", "package-lock.json", "Pipfile", "Environment.yml"),
        *("dev-requirements.txt", "a/uv.lock", "setup.py", "go.sum"),
    ],
)
def test_what_says_versions_is_known_wherever_it_lies(path: str) -> None:
    assert fixes_versions(path)


@pytest.mark.parametrize(
    "path", ["go.mod", "docs/requirements.md", "requirements/a.py", "app/package.py", "setup.md"]
)
def test_what_says_no_versions_is_left_alone(path: str) -> None:
    assert not fixes_versions(path)


def test_a_go_mod_is_held_to_the_declared_modules() -> None:
    text = (
        "module shop\n\ngo 1.22\n\nrequire (\n\tgithub.com/go-chi/chi/v5 v5.1.0\n"
        "\tgolang.org/x/sys v0.20.0 // indirect\n)\n"
    )
    chi = Dependency(name="github.com/go-chi/chi", ecosystem="go")
    refuse_undeclared_modules("go.mod", text, [chi])
    refuse_undeclared_modules("notes.txt", text, [])
    with pytest.raises(ValueError, match=r"requires 'github\.com/go-chi/chi/v5'.*alone: none"):
        refuse_undeclared_modules("api/go.mod", text, [])


NAMES = st.sampled_from(["pyproject.toml", "package.json", "go.mod", "requirements.txt"])


@given(st.dictionaries(NAMES, st.text(), max_size=4))
def test_any_text_is_read_or_left_alone(files: dict[str, str]):
    assert set(declared(files)) == {"python", "npm", "go"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["name", "dependencies", "x"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_document_is_read_or_left_alone(document: object):
    assert declared({"package.json": json.dumps(document)})["python"] == {"planned-python"}
