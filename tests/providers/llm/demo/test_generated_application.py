"""Builds the examples and runs what came out: its tests, its linter, its server."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.providers.llm.demo.checks import write_tree
from tests.providers.llm.demo.driver import Build, build
from tests.providers.llm.demo.questionnaires import NAMES, example

_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}


@pytest.fixture(params=NAMES)
async def built(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Build, Path]:
    """An example's build, and the folder with its files."""
    made = await build(example(str(request.param)))
    write_tree(made, tmp_path / "tree")
    return made, tmp_path / "tree"


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=_ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


async def test_its_own_tests_pass(built: tuple[Build, Path]) -> None:
    made, folder = built
    done = _run(folder, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio")
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) == len(made.structure.tests)


async def test_its_code_is_formatted_and_clean(built: tuple[Build, Path]) -> None:
    _, folder = built
    formatted = _run(folder, "ruff", "format", "--isolated", "--no-cache", "--diff", ".")
    assert formatted.returncode == 0, formatted.stdout
    checked = _run(folder, "ruff", "check", "--isolated", "--no-cache", ".")
    assert checked.returncode == 0, checked.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def served(built: tuple[Build, Path], tmp_path: Path) -> Iterator[tuple[Build, httpx.Client]]:
    """The running application, started as its README says."""
    made, folder = built
    port = _free_port()
    environment = _ENVIRONMENT | {"DATABASE_URL": f"sqlite:///{tmp_path / 'records.db'}"}
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port)]
    log = tmp_path / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as run,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        try:
            _wait_for(client, run, log)
            yield made, client
        finally:
            run.terminate()


def _wait_for(client: httpx.Client, run: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and run.poll() is None:
        try:
            client.get("/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text('utf-8')}")


async def test_it_starts_and_answers(served: tuple[Build, httpx.Client]) -> None:
    made, client = served
    assert client.get("/health").json() == {"status": "ok"}
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<script") == 1
    paths = client.get("/openapi.json").json()["paths"]
    for endpoint in made.schema.endpoints:
        assert endpoint.method.lower() in paths[endpoint.path]


@pytest.mark.parametrize("built", ["task-tracker"], indirect=True)
async def test_records_go_round(served: tuple[Build, httpx.Client]) -> None:
    _, client = served

    def created(path: str, body: dict[str, Any]) -> int:
        response = client.post(path, json=body)
        assert response.status_code == 201, response.text
        return int(response.json()["id"])

    leader = created("/api/people", {"name": "Ada", "email": "ada@example.com"})
    project = created("/api/projects", {"title": "Engine", "leader_id": leader})
    labels = [created("/api/labels", {"name": name}) for name in ("bug", "idea")]
    body = {
        "title": "Notes \U0001f680 <b>",
        "status": "open",
        "project_id": project,
        "label_ids": labels,
        "finished_at": "2030-01-01T12:00:00+02:00",
    }
    task = created("/api/tasks", body)
    url = f"/api/tasks/{task}"
    assert client.get(url).json()["finished_at"] == "2030-01-01T10:00:00Z"
    assert client.get("/api/tasks", params={"label_ids": labels[1]}).json()["total"] == 1
    assert client.get("/api/tasks", params={"status": "done"}).json()["total"] == 0
    assert client.get("/api/tasks", params={"search": "%"}).json()["total"] == 0
    assert client.delete(f"/api/people/{leader}").status_code == 409
    assert client.put(url, json=body | {"label_ids": []}).json()["label_ids"] == []
    assert client.put(url, json={"title": "Only this"}).status_code == 422
    assert client.put(url, json=body | {"parent_task_id": 12345}).status_code == 422
    assert client.get(f"/api/tasks/{2**70}").status_code == 422
    early = {"finished_at": "0001-01-01T00:00:00+14:00"}
    assert client.post("/api/tasks", json=body | early).status_code == 422
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
