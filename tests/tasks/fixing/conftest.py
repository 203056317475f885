from pathlib import Path

import pytest

from tests.tasks.fixing.quick_verification import QuickVerification
from tests.tasks.fixing.repositories import Repairs


@pytest.fixture
def repairs(tmp_path: Path, environments: Path) -> Repairs:
    (tmp_path / "environments").symlink_to(environments)
    return Repairs(tmp_path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> QuickVerification:
    verification = QuickVerification()
    monkeypatch.setattr("tasks.fixing.workbench.verify", verification.verify)
    return verification
