"""Keys from every source, a model server that shows them everywhere, and a build that fails.

Afterwards they may be in nothing that was printed, logged, stored or passed on.
"""

import asyncio
import base64
import json
import logging
import pickle
import sqlite3
import traceback
import zlib
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from prefect.blocks.system import Secret
from prefect.serializers import PickleSerializer
from prefect.settings import PREFECT_API_URL, temporary_settings

from core.artifacts.questionnaire import Questionnaire
from core.errors import StageFailedError
from core.options import BuildOptions
from flows.build_app import build_app
from flows.local_server import local_server, wait_until_ready
from tests.flows.command import TINY, run_apart, variables
from tests.flows.echoing_server import EchoingServer, echoing_server
from tests.flows.traces import files_with, holds, watched_command_lines
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.providers.secrets.aws_server import VARIABLES, aws_server, put, use_aws

ENVIRONMENT = "sk-environment-4f1c77a09e"
FILE = "sk-file-8b20d3c61f55"
AWS = "sk-aws-c07e19b2a4d8"
BLOCK = "sk-block-93de50f7b6a1"
KEYS = (ENVIRONMENT, FILE, AWS, BLOCK)
COLLECTOR = "tk-collector-61d0e5f2c3b8"
GITHUB = "tk-github-0c9e83b1d754"
"""In the environment; what is published to GitHub has tests of its own."""

REFUSED = "openai/gpt-4o"
"""What openrouter calls its model `gpt-4o`."""
MODELS = {
    "clarifier": "deepseek/deepseek-v3",
    "normalizer": "zukijourney/gpt-5-mini",
    "coder": "openrouter/gpt-4o",
    "all": "openai/gpt-4o",
}


@pytest.fixture
def server() -> Generator[EchoingServer]:
    with echoing_server(REFUSED) as server:
        yield server


@pytest.fixture
def settings(
    server: EchoingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[dict[str, str]]:
    """Variables that lead to the server, and to the keys but for the secret block's."""
    file = tmp_path / "elsewhere" / "key"
    file.parent.mkdir()
    file.write_text(FILE)
    providers = ("DEEPSEEK", "ZUKIJOURNEY", "OPENAI", "OPENROUTER")
    with aws_server() as aws:
        use_aws(monkeypatch, aws)
        put("app-builder/OPENAI_API_KEY", AWS)
        yield {
            **{f"{name}_BASE_URL": f"{server.url}/v1" for name in providers},
            **VARIABLES,
            "AWS_ENDPOINT_URL": aws,
            "APP_BUILDER_SECRET_SOURCES": '["environment", "aws", "prefect"]',
            "MODEL_ROUTER_DEMO_MODE": "disabled",
            "DEEPSEEK_API_KEY": ENVIRONMENT,
            "GITHUB_TOKEN": GITHUB,
            "ZUKIJOURNEY_API_KEY_FILE": str(file),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "botocore,aiohttp,core,"
            "providers,tasks,flows",  # not those of the client that sends the log
            "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        }


async def save_block() -> None:
    await Secret.model_validate({"value": BLOCK}).asave("openrouter-api-key", overwrite=True)


def test_a_build_of_the_command_leaves_no_key_behind(
    server: EchoingServer, settings: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    models = [f"--model={stage}={model}" for stage, model in MODELS.items()]
    with watched_command_lines() as lines:
        with local_server(home / "prefect") as url:
            wait_until_ready(url, home / "prefect")
            with temporary_settings({PREFECT_API_URL: url}):
                asyncio.run(save_block())
            with otlp_receiver() as collector:
                environment = variables(home, **settings, **observed(collector))
                code, output, log = run_apart("build", TINY, *models, environment=environment)
        assert set(server.seen) == set(KEYS), f"each key was really used: {output}"
    assert code == 1, output
    assert "Stage 7 failed after " in log, log
    assert server.echoed >= 2
    assert_store_is_redacted(home)
    assert logged(home) > 100, "the log on the server is one of the places"
    assert_log_is_lines_of_json(log)
    assert len(collector.named("chat")) > 10, "traces are one of the places"
    for key in (*KEYS, COLLECTOR, GITHUB):
        assert not holds((output + log).encode(), key)
        assert not any(holds(body, key) for body in collector.bodies)
        assert files_with(home, key) == []
        assert not any(holds(line, key) for line in lines.seen)


def assert_store_is_redacted(home: Path) -> None:
    (docs,) = (home / "store" / "project").glob("*/docs/docs.md")
    assert "Asked with [key]." in docs.read_text(), "an echoed key is taken out, not the answer"
    assert list((home / "work").glob("*/**/objects")), "there is a Git repository to be searched"


def observed(collector: Receiver) -> dict[str, str]:
    """Variables that have the build traced, and logged as lines of JSON."""
    return {
        "APP_BUILDER_LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{COLLECTOR}",
    }


def assert_log_is_lines_of_json(log: str) -> None:
    lines = [json.loads(line) for line in log.splitlines()]
    (build_id,) = {line["build_id"] for line in lines if "build_id" in line}
    assert lines[-1]["message"].startswith("Error: Stage 7 failed after ")
    begun = [line for line in lines if line["message"].endswith(" begins")]
    assert [line["stage"] for line in begun][:2] == ["0", "1"]
    assert {line["build_id"] for line in begun} == {build_id}
    assert len(lines) > 100, "debugging is on"


def logged(home: Path) -> int:
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database:
        (count,) = database.execute("select count(*) from log").fetchone()
    return count


@pytest.mark.usefixtures("prefect_server")
async def test_what_a_build_raises_and_logs_holds_no_key(
    settings: dict[str, str],
    server: EchoingServer,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    await save_block()
    models = {**MODELS, "clarifier": MODELS["coder"]}
    questionnaire = Questionnaire(project_name="Notes", summary="Keeps short notes.")
    with caplog.at_level(logging.DEBUG), pytest.raises(StageFailedError) as failed:
        await build_app(questionnaire, BuildOptions(models=models))
    error = failed.value
    assert set(server.seen) == {BLOCK}
    assert error.reason.endswith("Incorrect API key provided: [key]. (check the key)")
    told = "".join(traceback.format_exception(error))
    for key in (*KEYS, GITHUB):
        for data in (told.encode(), repr(error).encode(), caplog.text.encode()):
            assert not holds(data, key)
        for pickled in (pickle.dumps(error), PickleSerializer().dumps(error)):
            assert not holds(pickled, key)
        assert files_with(home / "store", key) == []


@pytest.mark.parametrize("shift", range(3))
def test_a_trace_would_be_found(tmp_path: Path, shift: int) -> None:
    text = b"x" * shift + AWS.encode() + b" and more"
    (tmp_path / "a").write_bytes(base64.b64encode(text))
    (tmp_path / "b").write_bytes(zlib.compress(text))
    (tmp_path / "c").write_bytes(b"nothing")
    (tmp_path / f"{AWS}.txt").write_text("")
    assert {path.name for path in files_with(tmp_path, AWS)} == {"a", "b", f"{AWS}.txt"}
