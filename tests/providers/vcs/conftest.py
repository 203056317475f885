import os
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.providers.vcs.github_desk import Desk, PlainGit
from tests.providers.vcs.github_server import Hub, serving


@pytest.fixture
def plain_git() -> Callable[..., str]:
    """Git as a person would run it, but with no settings of this machine."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Person",
        "GIT_AUTHOR_EMAIL": "person@example.com",
        "GIT_COMMITTER_NAME": "Person",
        "GIT_COMMITTER_EMAIL": "person@example.com",
        "LC_ALL": "C",
    }

    def run(*arguments: str | Path, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", *map(str, arguments)],
            env=environment,
            input=stdin,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "builds" / "repository.git"


@pytest.fixture
def hub(tmp_path: Path) -> Generator[Hub]:
    with serving(tmp_path / "hub") as server:
        yield server
    assert server.problems == []


@pytest.fixture
def desk(hub: Hub, tmp_path: Path, plain_git: PlainGit) -> Desk:
    return Desk(hub, tmp_path, plain_git)
