"""Both sandboxes, and the image of the one with Docker; what is missing fails the tests."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.docker import DockerSandbox
from providers.sandbox.sandbox import Sandbox
from tests.providers.sandbox.boxes import Boxes

IMAGE = "app-builder-sandbox-under-test"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def base_image() -> str:
    """The image that ours is built on; `make test-sandbox SANDBOX_BASE=…` names another."""
    return os.environ.get("SANDBOX_BASE", "python:3.11-slim-bookworm")


@pytest.fixture(scope="session")
def image(base_image: str) -> Iterator[str]:
    arguments = ("--quiet", "--build-arg", f"BASE_IMAGE={base_image}", "--tag", IMAGE)
    docker("build", *arguments, str(ROOT / "deployments/sandbox"))
    yield IMAGE
    docker("image", "rm", IMAGE)


@pytest.fixture(params=["bubblewrap", "docker"], scope="session")
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    if request.param == "bubblewrap":
        made: Sandbox = BubblewrapSandbox()
    else:
        made = DockerSandbox(request.getfixturevalue("image"))
    reason = await made.usable()
    assert reason is None, reason
    return made


@pytest.fixture
def boxes(sandbox: Sandbox, tmp_path: Path) -> Boxes:
    folder = tmp_path / "tree"
    folder.mkdir()
    return Boxes(sandbox, folder)


def docker(*arguments: str, wait: float = 300) -> str:
    """Run `docker`, and fail with what it says."""
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=wait, check=False
    )
    assert done.returncode == 0, f"docker {arguments[0]}: {done.stderr}{done.stdout}"
    return done.stdout.strip()
