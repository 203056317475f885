"""A model that counts its calls, which containers of builds can reach."""

from collections.abc import Iterator

import pytest

from tests.model_server import ModelServer, model_server
from tests.real_docker.system import System


@pytest.fixture(scope="session")
def models(system: System) -> Iterator[ModelServer]:
    """It runs on this machine, at its address in the network of builds."""
    with model_server(host=system.gateway()) as server:
        yield server
