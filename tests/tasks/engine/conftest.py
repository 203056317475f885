from pathlib import Path

import pytest

from providers.sandbox.bubblewrap import BubblewrapSandbox
from tests.tasks.engine.repositories import Repositories


@pytest.fixture
def repositories(tmp_path: Path, environments: Path) -> Repositories:
    (tmp_path / "environments").symlink_to(environments)
    return Repositories(tmp_path, BubblewrapSandbox())
