"""A deployed system with an exporter and a Prometheus, which have seen a story of builds."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.model_server import ModelServer, model_server
from tests.real_browser.prefect_stack import PrefectStack, free_port, prefect_stack, running
from tests.real_metrics.prometheus import Prometheus, answers, prometheus_of, wait_until
from tests.real_metrics.story import Story, tell_story
from tests.real_services.service import Service, receiving

SIGN_IN = "watcher:not-a-secret"

CATALOGUE = """
[[providers]]
name = "lab"
priority = 2
protocol = "openai-compatible"
base_url = "{base_url}"
key_required = false
requests_per_minute = 100000
tokens_per_minute = 1000000000
[[providers.models]]
name = "medium"
wire_id = "medium"
roles = ["planner", "writer", "reviewer"]
complexity = "medium"
structured_output = "json_schema"
max_output_tokens = 16384
context_tokens = 131072
requests_per_minute = 100000
latency_seconds = 1
reliability = 0.99
[providers.models.price]
input_usd = 1
output_usd = 0.1
as_of = 2026-11-23
source = "made up"
"""


@dataclass(frozen=True)
class Watched:
    """What runs.

    Attributes:
        stack: server, worker and deployments.
        prometheus: has scraped the exporter from before the first build on.
        exporter: URL of the metrics.
        exporter_log: what the exporter said.
        story: what the builds were.
        alerts: what the address for alerts was sent.
    """

    stack: PrefectStack
    prometheus: Prometheus
    exporter: str
    exporter_log: Path
    story: Story
    alerts: list[bytes]


@pytest.fixture(scope="session")
def models() -> Iterator[ModelServer]:
    """The provider `lab`, whose calls cost something."""
    with model_server(latency=0.05) as server:
        yield server


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory, models: ModelServer) -> Iterator[Watched]:
    """Everything, after the story was told."""
    folder = tmp_path_factory.mktemp("watched")
    catalogue = folder / "providers.toml"
    catalogue.write_text(CATALOGUE.format(base_url=models.base_url), encoding="utf-8")
    port = free_port()
    with ExitStack() as opened, ExitStack() as fleeting:
        address, alerts = opened.enter_context(receiving())
        local = fleeting.enter_context(model_server())
        stack = opened.enter_context(
            prefect_stack(
                folder,
                APP_BUILDER_CATALOGUE=str(catalogue),
                LOCAL_LLM_BASE_URL=local.base_url,
                ALERT_WEBHOOK_URL=address,
                PREFECT_API_AUTH_STRING=SIGN_IN,
                PREFECT_SERVER_API_AUTH_STRING=SIGN_IN,
            )
        )
        command = [sys.executable, "-m", "flows.cli", "metrics", "--every=1", f"--port={port}"]
        log = folder / "exporter.log"
        opened.enter_context(
            running(command, stack.environment, log, ready=lambda _: answers(port, "/metrics"))
        )
        prometheus = opened.enter_context(prometheus_of(port, folder))
        wait_until("scraped", lambda: prometheus.value('up{job="app-builder"}') == 1)
        service = opened.enter_context(Service(stack))
        story = tell_story(service, models, fleeting.close, prometheus)
        yield Watched(stack, prometheus, f"http://127.0.0.1:{port}/metrics", log, story, alerts)
