"""S3 servers, an empty bucket for each test, and machines that build."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.session
import pytest

from tests.model_server import ModelServer, model_server
from tests.providers.secrets.aws_server import aws_server, use_aws
from tests.real_s3.machines import Bucket, Machines
from tests.real_s3.seaweedfs import ACCESS_KEY, SECRET_KEY, SeaweedFS

LATENCY = 0.3
"""Seconds that the model takes for an answer."""


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Generator[SeaweedFS]:
    server = SeaweedFS(tmp_path_factory.mktemp("seaweedfs") / "server")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def client(seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An administrator's client; the process is pointed to the server, the way AWS has it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_ENDPOINT_URL": seaweedfs.url,
    }.items():
        monkeypatch.setenv(name, value)
    return botocore.session.get_session().create_client("s3")


@pytest.fixture
def bucket(client: Any) -> str:
    name = f"bucket-{uuid4().hex}"
    client.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return name


@pytest.fixture(params=["moto", "seaweedfs"])
def bucket_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[Bucket]:
    if request.param == "moto":
        with aws_server() as url:
            use_aws(monkeypatch, url)
            monkeypatch.delenv("AWS_ENDPOINT_URL")
            yield Bucket(url)
    else:
        server: SeaweedFS = request.getfixturevalue("seaweedfs")
        use_aws(monkeypatch, server.url)
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        yield Bucket(server.url)


@pytest.fixture
def server() -> Generator[ModelServer]:
    with model_server(latency=LATENCY) as server:
        yield server


@pytest.fixture
def machines(tmp_path: Path, environments: Path, server: ModelServer) -> Machines:
    return Machines(tmp_path, environments, server)
