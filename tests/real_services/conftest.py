"""A server that asks for a sign-in, the deployments, a worker, and a model that counts calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.model_server import ModelServer, model_server
from tests.real_browser.prefect_stack import PrefectStack, prefect_stack
from tests.real_services.service import Service, receiving

SIGN_IN = "service:not-a-secret"


@pytest.fixture(scope="session")
def models() -> Iterator[ModelServer]:
    """A model whose answers can be made slow."""
    with model_server() as server:
        yield server


@pytest.fixture(scope="session")
def received() -> Iterator[tuple[str, list[bytes]]]:
    """A service's own address for webhooks, and what came in there."""
    with receiving() as (address, bodies):
        yield address, bodies


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    models: ModelServer,
    received: tuple[str, list[bytes]],
) -> Iterator[PrefectStack]:
    """Everything that operators start, with homes of their own."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with prefect_stack(
        folder,
        LOCAL_LLM_BASE_URL=models.base_url,
        OUTCOME_WEBHOOK_URL=received[0],
        PREFECT_API_AUTH_STRING=SIGN_IN,
        PREFECT_SERVER_API_AUTH_STRING=SIGN_IN,
    ) as running:
        yield running


@pytest.fixture
def service(stack: PrefectStack, models: ModelServer) -> Iterator[Service]:
    """A service that starts builds; the model answers at once again afterwards."""
    with Service(stack) as opened:
        yield opened
    models.behave(latency=0)
