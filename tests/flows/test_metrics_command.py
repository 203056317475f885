"""The command `app-builder metrics`, as an operator runs it."""

import signal
import socket
import time
from pathlib import Path

import httpx

from tests.flows.command import run, start, variables


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    environment = variables(tmp_path, PYTHONUNBUFFERED="1")
    with start("metrics", f"--port={port}", "--every=1", environment=environment) as process:
        give_up = time.monotonic() + 120
        text = ""
        while not text and time.monotonic() < give_up:
            try:
                text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            except httpx.TransportError:
                time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert 'app_builder_source_up{source="ledger"} 1.0' in text
    assert 'app_builder_budget_usd{scope="build"} 25.0' in text
    assert "_created" not in text
    assert process.returncode == 128 + signal.SIGTERM
    assert "PREFECT_API_URL is not set" in said
    assert f"http://127.0.0.1:{port}/metrics" in said
    assert not (tmp_path / "ledger.db").exists()


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        code, said = run("metrics", f"--port={port}", environment=variables(tmp_path))
    assert code == 2
    assert f"127.0.0.1:{port}" in said
    assert "give another --port" in said
