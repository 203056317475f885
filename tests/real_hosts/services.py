"""What several machines share, reached by TCP: PostgreSQL, Redis, S3, a Prefect server, a model."""

import os
import secrets
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from redis import Redis
from redis.exceptions import RedisError

from tests.flows.command import ROOT, variables
from tests.model_server import ModelServer, model_server
from tests.real_browser.prefect_stack import deploy, free_port, running
from tests.real_hosts.postgres import Postgres
from tests.real_s3.seaweedfs import ACCESS_KEY, SECRET_KEY, SeaweedFS

_BUCKET = "builds"


@dataclass(frozen=True)
class Services:
    """What runs.

    Attributes:
        postgres: with the databases `prefect` and `ledger`.
        models: the model that counts its calls.
        environment: variables of workers on any machine, but for their homes.
    """

    postgres: Postgres
    models: ModelServer
    environment: Mapping[str, str]

    def client(self) -> httpx.Client:
        """A client of Prefect's API."""
        user, _, password = self.environment["PREFECT_API_AUTH_STRING"].partition(":")
        return httpx.Client(
            base_url=self.environment["PREFECT_API_URL"], auth=(user, password), timeout=60
        )


@contextmanager
def services(folder: Path, address: str, **more: str) -> Generator[Services]:
    """Start everything, with the deployments of `make deploy`; stop it at the end.

    Args:
        folder: for what they keep, and for their logs.
        address: they listen on.
        more: further variables of workers.
    """
    with ExitStack() as started:
        postgres = Postgres(address)
        started.callback(postgres.stop)
        postgres.start("prefect", "ledger")
        storage = SeaweedFS(folder / "storage", address=address)
        started.callback(storage.kill)
        storage.start()
        storage.make_bucket(_BUCKET)
        models = started.enter_context(model_server(host=address))
        shared = {
            "APP_BUILDER_ARTIFACT_STORE": f"s3://{_BUCKET}/store",
            "APP_BUILDER_LEDGER_URL": postgres.url("psycopg", "ledger"),
            "APP_BUILDER_RATE_LIMITS__URL": started.enter_context(_redis(folder, address)),
            "APP_BUILDER_USER": "operator",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_S3": storage.url,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "LOCAL_LLM_BASE_URL": models.base_url,
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }
        environment = variables(folder / "nobody", **{**shared, **more})
        connected = started.enter_context(_prefect(folder, address, postgres, environment))
        deploy(connected)
        yield Services(postgres, models, connected)


@contextmanager
def _redis(folder: Path, address: str) -> Generator[str]:
    """A Redis server with a password; its URL."""
    port, password = free_port(), secrets.token_hex(16)
    url = f"redis://:{password}@{address}:{port}/0"
    command = ["redis-server", "--port", str(port), "--bind", address, "--save", ""]
    with running(
        [*command, "--requirepass", password, "--dir", str(folder)],
        dict(os.environ),
        folder / "redis.log",
        ready=lambda _: _answers(url),
    ):
        yield url


def _answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType] -- not typed
            return bool(client.ping())  # pyright: ignore[reportUnknownMemberType] -- not typed
    except RedisError:
        return False


@contextmanager
def _prefect(
    folder: Path, address: str, postgres: Postgres, environment: Mapping[str, str]
) -> Generator[dict[str, str]]:
    """A Prefect server, tuned as in Compose; variables of who uses it."""
    port, sign_in = free_port(), f"operator:{secrets.token_hex(16)}"
    api = f"http://{address}:{port}/api"
    server = {
        **environment,
        **_tuning(),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_AUTH_STRING": sign_in,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": postgres.url("asyncpg", "prefect"),
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    with running(
        [sys.executable, "-m", "prefect", "server", "start", f"--host={address}", f"--port={port}"],
        server,
        folder / "server.log",
        ready=_healthy(api),
    ):
        yield {
            **environment,
            "PREFECT_API_AUTH_STRING": sign_in,
            "PREFECT_API_URL": api,
            "PREFECT_HOME": str(folder / "client"),
        }


def _tuning() -> dict[str, str]:
    """What `deployments/compose.yaml` tells the server of its database and of batches."""
    file: dict[str, Any] = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text())
    given: dict[str, str] = file["x-server-environment"]
    return {
        name: value
        for name, value in given.items()
        if name.startswith(("PREFECT_SERVER_SERVICES_", "PREFECT_SERVER_DATABASE_"))
        and name.endswith(("_SIZE", "_INTERVAL", "_TIMEOUT"))
    }


def _healthy(api: str) -> Callable[[str], bool]:
    def answers(_: str) -> bool:
        try:
            return httpx.get(f"{api}/health", timeout=5).is_success
        except httpx.HTTPError:
            return False

    return answers
