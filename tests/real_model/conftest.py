"""The real model, served once for all tests; where it cannot be served they fail."""

from collections.abc import Iterator

import pytest

from tests.real_model.model_process import RealModel, real_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealModel]:
    """A running server of the real model."""
    with real_model(tmp_path_factory.mktemp("model"), key="key-of-the-real-model") as running:
        yield running
