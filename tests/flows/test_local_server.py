"""The real server is started here: nothing else shows that sharing and stopping work."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import AppBuilderError
from flows.local_server import local_server, wait_until_ready


def server_process(folder: Path) -> int:
    return json.loads((folder / "server.json").read_text())["pid"]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def flows_on(url: str) -> int:
    host = url.removeprefix("http://").split("/")[0]
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request(
        "POST", "/api/flows/count", body="{}", headers={"Content-Type": "application/json"}
    )
    try:
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


class User(contextlib.AbstractContextManager["User"]):
    """Another process that uses the server, and is killed."""

    def __init__(self, folder: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path\n"
            "from flows.local_server import local_server\n"
            "with local_server(Path(sys.argv[1])) as url:\n"
            "    print(url, flush=True); time.sleep(600)"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_one_server_is_shared_and_stopped_by_the_last(tmp_path: Path) -> None:
    with local_server(tmp_path) as url:
        wait_until_ready(url, tmp_path)
        assert flows_on(url) == 0
        pid = server_process(tmp_path)
        with local_server(tmp_path) as shared, User(tmp_path) as other:
            assert shared == other.url == url
        assert is_running(pid), "a user is left"
    assert not is_running(pid)
    assert not (tmp_path / "server.json").exists()


def test_a_server_left_behind_by_a_killed_command_is_used_again(tmp_path: Path) -> None:
    with User(tmp_path) as killed:
        wait_until_ready(killed.url, tmp_path)
    pid = server_process(tmp_path)
    assert is_running(pid)
    with local_server(tmp_path) as again:
        assert again == killed.url
    assert not is_running(pid)


def test_a_server_that_cannot_start_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_KEEPALIVE_TIMEOUT", "not a number")
    started = time.monotonic()
    with (
        local_server(tmp_path) as url,
        pytest.raises(AppBuilderError, match=r"does not start; see .*server\.log"),
    ):
        wait_until_ready(url, tmp_path)
    assert time.monotonic() - started < 60
    assert (tmp_path / "server.log").read_text()


def test_a_number_that_another_process_got_since_is_no_server(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": 1}))
    with local_server(tmp_path) as url:
        assert not url.endswith(":1/api")
        assert server_process(tmp_path) != os.getpid()
