from pathlib import Path

import pytest

from tests.tasks.retention.stores import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder with an empty store."""
    return Home(tmp_path / "home")
