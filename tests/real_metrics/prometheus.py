"""A real Prometheus that scrapes a real exporter, and what can be asked of it."""

import http
import http.client
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.flows.command import ROOT
from tests.real_browser.prefect_stack import free_port, running

PROGRAM = "/usr/bin/prometheus"
"""Where Debian's package has it."""

SCRAPE_SECONDS = 1


def answers(port: int, path: str) -> bool:
    """Whether something on this machine answers with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def wait_until(what: str, reached: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for something; what it is called is in the failure."""
    give_up = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < give_up, f"waited in vain: {what}"
        time.sleep(0.3)


class Prometheus:
    """What can be asked of it.

    Args:
        url: its root.
    """

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=30)
        self.started = time.time()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def now(self, query: str) -> list[dict[str, Any]]:
        """What an instant query says: `metric` and `value` of each series."""
        return self._asked("/query", {"query": query})["result"]

    def value(self, query: str) -> float:
        """What a query of one series says now; 0 where there is none."""
        found = self.now(query)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else 0.0

    def over_time(self, query: str) -> list[dict[str, Any]]:
        """What a query says from the beginning of this Prometheus on: `metric` and `values`."""
        span = {"start": self.started, "end": time.time(), "step": 2}
        return self._asked("/query_range", {"query": query, **span})["result"]

    def label_values(self, metric: str, label: str) -> list[str]:
        """The values of a label."""
        return self._asked(f"/label/{label}/values", {"match[]": metric})

    def _asked(self, path: str, parameters: Mapping[str, Any]) -> Any:
        response = self._client.get(path, params=dict(parameters))
        answer = response.json()
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]


@contextmanager
def prometheus_of(exporter_port: int, folder: Path) -> Generator[Prometheus]:
    """Prometheus with the configuration that is shipped, but for where and how often it scrapes."""
    shipped = yaml.safe_load((ROOT / "deployments/prometheus.yml").read_text(encoding="utf-8"))
    shipped["global"]["scrape_interval"] = f"{SCRAPE_SECONDS}s"
    (job,) = shipped["scrape_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{exporter_port}"]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(shipped), encoding="utf-8")
    port = free_port()
    command = [
        PROGRAM,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    log = folder / "prometheus.log"
    with running(command, {}, log, ready=lambda _: answers(port, "/-/ready")):
        opened = Prometheus(f"http://127.0.0.1:{port}")
        try:
            yield opened
        finally:
            opened.close()
