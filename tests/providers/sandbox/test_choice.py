from pathlib import Path
from typing import Any

import pytest

from core.errors import SandboxError
from core.settings import SandboxKind, SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.choice import ChosenSandbox, choose_sandbox
from providers.sandbox.docker import DockerSandbox


def broken(tmp_path: Path) -> list[Any]:
    """Real sandboxes that cannot work: no bwrap, and a docker program that is not there."""
    missing = tmp_path / "missing"
    return [BubblewrapSandbox([missing]), DockerSandbox("image", program=missing)]


async def test_the_first_that_works_is_taken_and_asked_once(
    tmp_path: Path, sandbox: BubblewrapSandbox
):
    chosen = ChosenSandbox([*broken(tmp_path), sandbox])
    assert chosen.name == "none"
    assert await chosen.usable() is None
    assert chosen.name == "bubblewrap"
    assert await chosen.interpreter() == await sandbox.interpreter()
    run = await chosen.run(
        ["echo", "hello"],
        folder=tmp_path,
        environment={"PATH": "/usr/bin:/bin"},
        limits=SandboxLimits(),
    )
    assert run.output == "hello\n"


async def test_where_none_works_each_says_why(tmp_path: Path):
    chosen = ChosenSandbox(broken(tmp_path))
    reason = await chosen.usable()
    assert reason is not None
    bubblewrap, docker = reason.split("; ")
    assert bubblewrap.startswith("bubblewrap: ")
    assert docker.startswith("docker: ")
    assert "cannot be started" in docker
    with pytest.raises(SandboxError, match="no sandbox works on this machine: bubblewrap: "):
        await chosen.interpreter()


async def test_the_operator_can_want_none():
    assert await choose_sandbox("none", "image").usable() == "APP_BUILDER_SANDBOX_KIND is none"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("auto", "bubblewrap: broken; docker: broken"),
        ("bubblewrap", "bubblewrap: broken"),
        ("docker", "docker: broken"),
    ],
)
async def test_the_operator_can_want_one(
    kind: SandboxKind, reason: str, monkeypatch: pytest.MonkeyPatch
):
    async def usable(_: object) -> str:
        return "broken"

    for sandbox in (BubblewrapSandbox, DockerSandbox):
        monkeypatch.setattr(sandbox, "usable", usable)
    assert await choose_sandbox(kind, "image").usable() == reason
