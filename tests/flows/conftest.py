"""What stands in for the slow parts of a build where they are not what is tested."""

import pytest

from tests.flows.reading_verification import read_verification


@pytest.fixture
def verified_by_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repositories are told to be right by their text, and run in no sandbox."""
    monkeypatch.setattr("tasks.fixing.workbench.verify", read_verification)
