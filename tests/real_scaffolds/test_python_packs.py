"""The packs for Python: installed from the package index, linted, tested and started."""

import re
from pathlib import Path

import pytest

from tests.codegen.scaffolds.products import made
from tests.real_scaffolds.trees import free_port, lay_out, python_environment, run, served


@pytest.fixture(params=["fastapi", "flask", "python-library"])
def product(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, Path]:
    """A product's name, its tree, and the commands of its environment."""
    name = str(request.param)
    tree = lay_out(name, tmp_path / "tree")
    return name, tree, python_environment(tmp_path / "environment", tree)


def test_a_pack_installs_and_works(product: tuple[str, Path, Path], tmp_path: Path) -> None:
    name, tree, commands = product
    run((str(commands / "python"), "-m", "compileall", "-q", "."), tree)
    if any((tree / "tests").glob("test_*.py")):
        assert "1 passed" in run((str(commands / "pytest"), "-q"), tree)
    if name == "python-library":
        assert run((str(commands / "tool-library"),), tree) == "ladder\n"
        assert run((str(commands / "python"), "-m", "tool_library"), tree) == "ladder\n"
        return
    # The very command of the image, on another port.
    image = made(name).served["Dockerfile"]
    last = re.findall(r"^CMD \[(.*)\]$", image, re.MULTILINE)[-1]
    port = free_port()
    words = [word.strip().strip('"').replace("8000", str(port)) for word in last.split(",")]
    command = (str(commands / words[0]), *words[1:])
    with served(command, tree, port, {}, tmp_path / "log") as client:
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/api/tools").json() == ["ladder"]
        assert "Tools" in client.get("/").text
        if name == "flask":
            assert client.get("/api/none").json() == {"detail": "no such tool"}
