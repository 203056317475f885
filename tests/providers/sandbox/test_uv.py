import asyncio
import os
import time
import uuid
from pathlib import Path

import pytest

from core.errors import SandboxError
from providers.sandbox import uv
from providers.sandbox.uv import boxed_variables, run_uv, uv_environment
from tests.providers.sandbox.boxes import alive, becomes

NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


def fake_uv(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put a program in uv's place, to see how it is run."""
    program = folder / "uv"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(program))


def test_paths_proxies_certificates_and_uv_settings_pass():
    passing = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "https_proxy": "http://proxy",
        "NO_PROXY": "localhost",
        "SSL_CERT_FILE": "/ca.pem",
        "UV_CACHE_DIR": "/cache",
        "UV_INDEX_MINE_PASSWORD": "of the index",
    }
    assert uv_environment({**passing, **NO_FILES}) == passing


@pytest.mark.parametrize(
    "name",
    [
        *("OPENAI_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "UV_PUBLISH_TOKEN"),
        *("UV_PYTHON", "UV_COMPILE_BYTECODE"),
    ],
)
def test_keys_and_what_would_turn_the_install_elsewhere_do_not_pass(name: str):
    assert uv_environment({name: "value", **NO_FILES}) == {}


def test_settings_of_pip_are_used_where_uv_has_none():
    pip = {"PIP_INDEX_URL": "https://index.example", "PIP_CERT": "/pip.pem", **NO_FILES}
    assert uv_environment({**pip, "UV_DEFAULT_INDEX": "https://uv.example"}) == {
        "UV_DEFAULT_INDEX": "https://uv.example",
        "SSL_CERT_FILE": "/pip.pem",
    }
    older = {"UV_INDEX_URL": "https://older.example"}
    assert uv_environment({**pip, **older}) == {**older, "SSL_CERT_FILE": "/pip.pem"}


def test_in_a_box_the_cache_is_elsewhere_and_the_settings_are_the_same():
    settings = {
        "HOME": "/home/me",
        "HTTPS_PROXY": "http://proxy",
        "UV_CACHE_DIR": "/home/me/cache",
        "UV_INDEX": "https://a.example",
        "UV_TOOL_DIR": "/home/me/tools",
    }
    assert boxed_variables(settings) == {
        "UV_CACHE_DIR": "/cache",
        "UV_INDEX": "https://a.example",
        "UV_LINK_MODE": "copy",
        "UV_NO_PROGRESS": "1",
    }


async def test_uv_runs():
    code, said = await run_uv(["--version"], environment=uv_environment(os.environ))
    assert code == 0
    assert said.startswith("uv ")


async def test_uv_gets_only_the_given_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PLANTED_KEY", "planted-secret")
    fake_uv(monkeypatch, tmp_path, "env; pwd; umask")
    code, said = await run_uv([], environment={"PATH": "/usr/bin:/bin"})
    assert code == 0
    names = {line.split("=")[0] for line in said.splitlines() if "=" in line}
    assert names == {"PATH", "UV_NO_PROGRESS", "NO_COLOR", "PWD"}
    assert said.splitlines()[-2:] == ["/", "0022"]


async def test_both_streams_and_the_exit_code_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fake_uv(monkeypatch, tmp_path, "echo out; echo err >&2; exit 2")
    assert await run_uv([], environment={}) == (2, "out\nerr")


async def test_out_of_time_uv_and_its_children_are_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    mark = f"child-{uuid.uuid4().hex}"
    fake_uv(monkeypatch, tmp_path, f"sh -c 'sleep 60; echo {mark}' & wait")
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await run_uv([], environment={"PATH": "/usr/bin:/bin"})
    assert time.monotonic() - begun < 5
    assert await becomes(False, mark)
    assert not alive(mark)


async def test_where_uv_is_missing_the_sandbox_fails(monkeypatch: pytest.MonkeyPatch):
    def missing() -> str:
        raise FileNotFoundError("/bin/uv")

    monkeypatch.setattr(uv, "find_uv_bin", missing)
    with pytest.raises(SandboxError, match="uv cannot be started: /bin/uv"):
        await run_uv([], environment={})
