"""Health checks can fail, and say why."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from deployments.health import main, unwell


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 -- its own name


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()
        thread.join()


def test_what_answers_is_well(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{url}/health"]) == 0
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert main([]) == 0
    assert capsys.readouterr().err == ""


def test_what_answers_otherwise_or_not_at_all_is_not(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert unwell(f"{url}/other") == f"{url}/other answers 204"
    assert main(["http://127.0.0.1:9/health"]) == 1
    assert "does not answer" in capsys.readouterr().err
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert main([]) == 1
