import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from providers.sandbox.requirements import read_requirements


def tree_with(tmp_path: Path, manifest: str) -> Path:
    (tmp_path / "pyproject.toml").write_text(manifest)
    return tmp_path


def test_dependencies_and_what_tests_need_are_found_in_a_fixed_order(tmp_path: Path):
    tree = tree_with(
        tmp_path,
        """
        [project]
        name = "shop"
        dependencies = ["uvicorn [standard] >= 0.30", "fastapi<1,>=0.115"]
        [project.optional-dependencies]
        Test = ["httpx"]
        docs = ["sphinx"]
        [dependency-groups]
        dev = [{ include-group = "types" }, "pytest>=8"]
        types = ["mypy; python_version > '3'"]
        lint = ["ruff"]
        """,
    )
    assert read_requirements(tree) == (
        "fastapi<1,>=0.115",
        "httpx",
        'mypy; python_version > "3"',
        "pytest>=8",
        "uvicorn[standard]>=0.30",
    )


@pytest.mark.parametrize("manifest", ["", "[project]\nname = 'a'", "[tool.x]\ny = 1"])
def test_pytest_is_added_where_nothing_asks_for_it(tmp_path: Path, manifest: str):
    assert read_requirements(tree_with(tmp_path, manifest)) == ("pytest",)


def test_extras_of_the_project_itself_are_followed_and_not_looked_up(tmp_path: Path):
    tree = tree_with(
        tmp_path,
        """
        [project]
        name = "My_Shop"
        optional-dependencies.dev = ["my-shop[all_of,unknown]", "a"]
        optional-dependencies.all-of = ["My.Shop[dev,test]", "b"]
        optional-dependencies.test = ["c"]
        """,
    )
    assert read_requirements(tree) == ("a", "b", "c", "pytest")


@pytest.mark.parametrize(
    "requirement",
    [
        "x @ https://example.com/x.whl",
        "x @ git+https://example.com/x",
        "x @ file:///etc",
    ],
)
@pytest.mark.parametrize(
    "place", ["project.dependencies", "project.optional-dependencies.dev", "dependency-groups.test"]
)
def test_an_address_instead_of_a_version_is_refused(tmp_path: Path, place: str, requirement: str):
    tree = tree_with(tmp_path, f'{place} = ["{requirement}"]')
    with pytest.raises(InputError, match="no addresses and no paths") as caught:
        read_requirements(tree)
    assert repr(requirement) in str(caught.value)


@pytest.mark.parametrize(
    "requirement", ["./local", "../up", "/abs", "-r other.txt", "--index-url=x", "-e .", "a b", ""]
)
def test_what_is_no_requirement_is_refused(tmp_path: Path, requirement: str):
    tree = tree_with(tmp_path, f'project.dependencies = ["{requirement}"]')
    with pytest.raises(InputError, match=r"project\.dependencies: .* is not a requirement"):
        read_requirements(tree)


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("[project", "is not TOML"),
        ("project = 1", "project: Input should be"),
        ("project.dependencies = 'a'", "project.dependencies: Input should be a valid list"),
        ("project.dependencies = [1]", "project.dependencies.0: Input should be a valid string"),
        ("dependency-groups.dev = ['./x']", "dependency-groups: Expected package name"),
        ("dependency-groups.dev = [{include-group = 'dev'}]", "dev includes itself"),
        ("dependency-groups.dev = [{include-group = 'no'}]", "'no' not found"),
        ("dependency-groups.dev = []\ndependency-groups.Dev = []", "Duplicate"),
        ("#" + "x" * 1024 * 1024, "is larger than 1024 KiB"),
    ],
)
def test_a_malformed_manifest_is_refused_with_the_place(tmp_path: Path, manifest: str, reason: str):
    with pytest.raises(InputError, match=r"^pyproject\.toml") as caught:
        read_requirements(tree_with(tmp_path, manifest))
    assert reason in str(caught.value)


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not text"):
        read_requirements(tmp_path)


def test_without_a_manifest_it_says_so(tmp_path: Path):
    with pytest.raises(InputError, match=r"has no pyproject\.toml"):
        read_requirements(tmp_path)


def test_a_link_a_folder_and_a_pipe_are_not_read(tmp_path: Path):
    manifest = tmp_path / "pyproject.toml"
    manifest.symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="cannot be read"):
        read_requirements(tmp_path)
    manifest.unlink()
    manifest.mkdir()
    with pytest.raises(InputError, match="is not a file"):
        read_requirements(tmp_path)
    manifest.rmdir()
    os.mkfifo(manifest)
    with pytest.raises(InputError, match="is not a file"):
        read_requirements(tmp_path)


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_text_as_a_requirement_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, items: list[str]
):
    import json

    text = f"project.dependencies = {json.dumps(items)}"
    tree = tree_with(tmp_path_factory.mktemp("any"), text)
    try:
        found = read_requirements(tree)
    except InputError:
        return
    assert all("@" not in item and not item.startswith(("-", ".", "/")) for item in found)
