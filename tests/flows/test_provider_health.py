"""The flow `provider-health` in a Prefect server of the tests, against servers that listen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.artifacts import Artifact
from prefect.events.utilities import emit_event

from flows.provider_health import provider_health
from tasks import provider_health as steps
from tests.model_server import ModelServer, model_server

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every event that is emitted, on its way to the server."""
    emitted: list[tuple[str, dict[str, Any]]] = []

    def emit(event: str, **values: Any) -> object:
        emitted.append((event, {**values["resource"], **values["payload"]}))
        return emit_event(event, **values)

    monkeypatch.setattr(steps, "emit_event", emit)
    return emitted


async def table() -> list[dict[str, str]]:
    artifact = await Artifact.aget("provider-health")
    assert artifact is not None
    return json.loads(str(artifact.data))


async def test_without_a_provider_there_is_a_table_that_says_so(
    own_home: Path, events: list[Any]
) -> None:
    found = await provider_health()
    assert found.providers == ()
    assert (await table())[0]["provider"].startswith("none has what it needs")
    assert (own_home / "store" / "reports" / "provider-health.json").is_file()
    assert events == []


async def test_a_provider_that_goes_down_and_comes_back_is_told_once_each(
    own_home: Path,
    server: ModelServer,
    events: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCAL_LLM_BASE_URL", server.base_url)
    (well,) = (await provider_health()).providers
    assert (well.provider, well.well, well.breaker) == ("local", True, "closed")
    assert events == []

    monkeypatch.setenv("LOCAL_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    (down,) = (await provider_health()).providers
    assert not down.well
    assert "refused" in down.reason
    ((event, told),) = events
    assert event == "app-build.provider.down"
    assert told["prefect.resource.id"] == "app-build.provider.local"
    assert (told["provider"], told["reason"]) == ("local", down.reason)
    (still,) = (await provider_health()).providers
    assert still.since == down.since
    assert len(events) == 1
    assert (await table())[0]["state"] == "not well"

    monkeypatch.setenv("LOCAL_LLM_BASE_URL", server.base_url)
    await provider_health()
    assert [event for event, _ in events] == [
        "app-build.provider.down",
        "app-build.provider.up",
    ]
