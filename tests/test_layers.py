"""The import contracts are only worth something if they fail when somebody breaks them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("flows", "tasks", "providers", "prompts", "codegen", "core")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def lint(folder: Path) -> tuple[int, str]:
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; lint_imports_command(['--no-cache'])"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_project_keeps_its_contracts(copy: Path) -> None:
    code, output = lint(copy)
    assert code == 0, output


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/identity.py", "import tasks.clarifier", "layers"),
        ("codegen/order.py", "import prompts.renderer", "layers"),
        ("providers/vcs/git.py", "import codegen.paths", "layers"),
        ("providers/vcs/git.py", "import prefect", "only flows and tasks know Prefect"),
        ("core/settings.py", "import prefect.settings", "only flows and tasks know Prefect"),
        ("tasks/clarifier.py", "import httpx", "only providers reach outside"),
        ("flows/terminal.py", "import sqlalchemy", "only providers reach outside"),
        ("tasks/clarifier.py", "import opentelemetry.trace", "only providers reach outside"),
        ("tasks/clarifier.py", "import tasks.normalizer", "stages do not import one another"),
    ],
)
def test_a_planted_violation_is_found(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / module
    source = path.read_text()
    path.write_text(f"{source}\n{line}\n")
    try:
        code, output = lint(copy)
    finally:
        path.write_text(source)
    assert code == 1
    broken = [line for line in output.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), output
