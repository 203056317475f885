"""The packs for Node: installed from the registry without scripts, linted, built and started."""

import json
from pathlib import Path

import pytest

from tests.real_scaffolds.trees import NODE, free_port, lay_out, npm, served

EXPRESS = ("express", "express-typescript")
LIBRARIES = ("node-library",)
FRONT_ENDS = ("react", "react-typescript", "sveltekit", "sveltekit-typescript")


def installed(name: str, folder: Path) -> Path:
    tree = lay_out(name, folder / "tree")
    project = tree / "web" if name in FRONT_ENDS else tree
    npm(project, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return project


@pytest.mark.parametrize("name", [*EXPRESS, *LIBRARIES, *FRONT_ENDS])
def test_a_pack_installs_and_all_its_scripts_work(name: str, tmp_path: Path) -> None:
    project = installed(name, tmp_path)
    scripts = json.loads((project / "package.json").read_text())["scripts"]
    for script in ("lint", "build", "typecheck", "test"):
        if script in scripts:
            npm(project, "run", script)
    assert ("build" in scripts) == (name in FRONT_ENDS)
    assert ("typecheck" in scripts) == name.endswith("typescript")


@pytest.mark.parametrize("name", EXPRESS)
def test_an_express_server_answers(name: str, tmp_path: Path) -> None:
    tree = installed(name, tmp_path)
    start = json.loads((tree / "package.json").read_text())["scripts"]["start"].split()
    port = free_port()
    command = (str(NODE / start[0]), *start[1:])
    with served(command, tree, port, {"PORT": str(port)}, tmp_path / "log") as client:
        health = client.get("/health")
        assert health.json() == {"status": "ok"}
        assert health.headers["access-control-allow-origin"] == "*"
        assert "content-security-policy" in health.headers
        assert "x-powered-by" not in health.headers
        assert client.get("/api/tools").json() == ["ladder"]
        assert client.get("/api/nothing").json() == {"detail": "Not found"}
        wrong = client.post("/api/tools", content="{", headers={"content-type": "application/json"})
        assert wrong.status_code == 400
        if name == "express":
            assert client.get("/api/auth/who").json() == {"name": "Ada"}
            assert "Tools" in client.get("/").text


def test_a_sveltekit_server_answers(tmp_path: Path) -> None:
    project = installed("sveltekit", tmp_path)
    npm(project, "run", "build")
    port = free_port()
    command = (str(NODE / "node"), "build")
    with served(command, project, port, {"PORT": str(port)}, tmp_path / "log") as client:
        assert "ladder" in client.get("/").text
