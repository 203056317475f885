from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from providers.sandbox.requirement_files import read_requirement_files
from providers.sandbox.requirements import read_requirements


def tree_with(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_txt", ".txt").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_project_may_have_requirement_files_alone(tmp_path: Path):
    tree = tree_with(
        tmp_path,
        requirements_txt="# all\nFlask[async]>=3 # web\r\n-r base/more.txt\n\n-e .\n.[dev]\n",
        base__more_txt="redis==5 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n-r other.txt\n",
        base__other_txt="httpx ; python_version > '3'\n-r more.txt\n",
        requirements_dev_txt="pytest-cov\n-r requirements.txt\n",
    )
    assert read_requirements(tree) == (
        "Flask[async]>=3",
        'httpx; python_version > "3"',
        "pytest",
        "pytest-cov",
        "redis==5",
    )


def test_a_pyproject_that_lists_dependencies_has_the_last_word(tmp_path: Path):
    tree = tree_with(
        tmp_path,
        pyproject_toml='[project]\nname = "shop"\ndependencies = ["flask"]\n',
        requirements_txt="redis\n",
    )
    assert read_requirements(tree) == ("flask", "pytest")


def test_a_pyproject_that_only_configures_tools_leaves_it_to_the_files(tmp_path: Path):
    tree = tree_with(
        tmp_path, pyproject_toml="[tool.ruff]\nline-length = 80\n", requirements_txt="redis\n"
    )
    assert read_requirements(tree) == ("pytest", "redis")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--index-url https://example.com\n", "'--index-url https://example.com' is not a"),
        ("git+https://example.com/x.git\n", "is not a requirement"),
        ("x @ https://example.com/x.whl\n", "the repository requires 'x @ https://example.com"),
        ("-r ../secret.txt\n", "'../secret.txt', which is not below its own folder"),
        ("-r /etc/passwd\n", "'/etc/passwd', which is not below its own folder"),
        ("-r gone.txt\n", "the repository has no gone.txt"),
    ],
)
def test_what_is_no_version_from_the_index_is_refused(tmp_path: Path, text: str, said: str):
    with pytest.raises(InputError, match=said.replace("+", r"\+")):
        read_requirements(tree_with(tmp_path, requirements_txt=text))


def test_endless_files_are_refused(tmp_path: Path):
    for number in range(25):
        (tmp_path / f"r{number}.txt").write_text(f"-r r{number + 1}.txt\n")
    with pytest.raises(InputError, match="one of over 20 requirement files"):
        read_requirement_files(tree_with(tmp_path, requirements_txt="-r r0.txt\n"))


def test_links_are_not_followed(tmp_path: Path):
    (tmp_path / "requirements.txt").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="cannot be read"):
        read_requirements(tmp_path)


@given(st.text())
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str):
    tree = tmp_path_factory.mktemp("tree")
    (tree / "requirements.txt").write_bytes(text.encode(errors="replace"))
    with suppress(InputError):
        read_requirement_files(tree)
