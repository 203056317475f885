"""Fixtures for everything: no test reaches a model, a key or a setting of the developer's."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from prefect.settings import PREFECT_SERVER_ANALYTICS_ENABLED, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from core import log_secrets
from core.redaction import Redaction
from tests.environment import is_the_developers

# What tests share asserts too, and a failure there shows as much as one in a test.
pytest.register_assert_rewrite(
    *(f"tests.{path.name}" for path in Path(__file__).parent.iterdir() if path.is_dir())
)

# How long an example takes says what else the machine does, and nothing of the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> None:  # pyright: ignore[reportUnusedFunction] -- used by pytest
    for name in list(os.environ):
        if is_the_developers(name):
            del os.environ[name]


@pytest.fixture(autouse=True)
def _log_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] -- used by pytest
    """What one test keeps out of the log may be ordinary words to the next."""
    before = logging.getLogRecordFactory()
    monkeypatch.setattr(log_secrets, "_known", Redaction())
    yield
    logging.setLogRecordFactory(before)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server for the tests of this process; it takes a while to start."""
    with (
        temporary_settings({PREFECT_SERVER_ANALYTICS_ENABLED: False}),
        prefect_test_harness(server_startup_timeout=120),
    ):
        yield


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dependencies of generated repositories are installed, once for all tests."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def home(tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the builds of one test, with the demo model."""
    (tmp_path / "environments").symlink_to(environments)
    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path))
    # A model that fails is tried again at once, so that tests of failures do not wait for it.
    monkeypatch.setenv("APP_BUILDER_BREAKER__COOLDOWN_SECONDS", "0.2")
    monkeypatch.setenv("MODEL_ROUTER_DEMO_MODE", "forced")
    return tmp_path
