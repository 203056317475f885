"""Secrets Manager as moto serves it, over real HTTP in this process."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""What leads to it, beside its URL; and away from the developer's own account."""


@contextmanager
def aws_server() -> Generator[str]:
    """A server with no secrets, and its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def use_aws(patch: pytest.MonkeyPatch, url: str) -> None:
    """Point this process, and those it starts, to a server."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_SECRETS_MANAGER"):
        patch.delenv(name, raising=False)
    for name, value in {**VARIABLES, "AWS_ENDPOINT_URL": url}.items():
        patch.setenv(name, value)


def client() -> Any:
    """An administrator's client of the server in use."""
    return botocore.session.get_session().create_client("secretsmanager")


def put(name: str, value: str) -> None:
    """Store a secret, new or in place of the old one."""
    secrets = client()
    try:
        secrets.create_secret(Name=name, SecretString=value)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=name, SecretString=value)
