"""Toolchains of the projects of a tree, made in real boxes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.artifacts.run_plan import Step
from core.errors import ConfigurationError
from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.install_box import InstallFailure
from providers.sandbox.installs import Installs, Unavailable
from providers.sandbox.node_environment import NodeEnvironments
from providers.sandbox.sandbox import SandboxRun
from providers.sandbox.steps import Toolchain, run_step


@pytest.fixture
def tree(tmp_path: Path, environments: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/environments").symlink_to(environments)
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


@pytest.fixture
def installs(tree: Path, sandbox: BubblewrapSandbox) -> Installs:
    return Installs(tree, tree.parent / "home", sandbox, SandboxLimits(seconds=30))


def step(ecosystem: str, folder: str = "", *command: str, **more: Any) -> Step:
    values = {"kind": "test", "runner": "pytest", "ecosystem": ecosystem, "folder": folder}
    return Step.model_validate({**values, "command": command or ("true",), **more})


async def test_a_python_project_gets_an_environment_of_its_own(installs: Installs, tree: Path):
    (tree / "api").mkdir()
    (tree / "api/pyproject.toml").write_text('[project]\nname = "shop"\n')
    made = await installs.prepare(step("python", "api"))
    assert isinstance(made, Toolchain)
    assert made.programs == ("/environment/bin",)


async def test_a_node_project_finds_node_npm_and_its_folder(
    installs: Installs, tree: Path, sandbox: BubblewrapSandbox
):
    (tree / "web").mkdir()
    (tree / "web/package.json").write_text('{"name": "web", "scripts": {"hi": "pwd"}}')
    asked = step("npm", "web", "npm", "run", "--silent", "hi")
    made = await installs.prepare(asked)
    assert isinstance(made, Toolchain)
    limits = SandboxLimits(seconds=30)
    run = await run_step(asked, tree, sandbox=sandbox, toolchain=made, limits=limits)
    assert (run.exit_code, run.output.strip()) == (0, "/work/web")


@pytest.mark.parametrize(
    ("ecosystem", "files", "reason"),
    [
        ("python", {}, "the repository has no pyproject.toml"),
        ("python", {"pyproject.toml": "["}, "pyproject.toml is not TOML"),
        ("npm", {"package.json": "{"}, "package.json"),
    ],
)
async def test_a_manifest_that_cannot_be_used_is_the_repositorys_failure(
    installs: Installs, tree: Path, ecosystem: str, files: dict[str, str], reason: str
):
    for name, text in files.items():
        (tree / name).write_text(text)
    made = await installs.prepare(step(ecosystem))
    assert isinstance(made, InstallFailure)
    assert made.reason.startswith("The dependencies cannot be told: ")
    assert reason in made.reason


async def test_wrong_settings_of_ours_are_not_the_repositorys_failure(
    installs: Installs, tree: Path, monkeypatch: pytest.MonkeyPatch
):
    async def prepare(*_: object, **__: object) -> None:
        raise ConfigurationError("npm's settings are wrong")

    monkeypatch.setattr(NodeEnvironments, "prepare", prepare)
    (tree / "package.json").write_text("{}")
    with pytest.raises(ConfigurationError):
        await installs.prepare(step("npm"))


@pytest.mark.parametrize("required", ["require a.b/c v1.0.0", "require (\n\ta.b/c v1.0.0\n)"])
async def test_go_modules_must_be_in_the_repository(installs: Installs, tree: Path, required: str):
    (tree / "go.mod").write_text(f"module example.com/shop\n\n{required}\n")
    made = await installs.prepare(step("go"))
    assert isinstance(made, Unavailable)
    assert "modules of Go are not fetched" in made


class WithoutGo(BubblewrapSandbox):
    """Boxes that hide where Go is."""

    async def run(self, command: Sequence[str], **given: Any) -> SandboxRun:
        hidden = ("/bin/sh", "-c", 'PATH=/nowhere; shift 4; "$@"', "sh", *command[1:])
        return await super().run(hidden, **given)


async def test_without_go_in_the_sandbox_a_go_module_cannot_be_run(tree: Path):
    (tree / "go.mod").write_text("module example.com/shop\n")
    installs = Installs(tree, tree.parent / "home", WithoutGo(), SandboxLimits(seconds=30))
    assert await installs.prepare(step("go")) == Unavailable("the sandbox has no Go")
