"""A real S3-compatible server in a process of its own, with credentials that it enforces."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import botocore.session
import httpx

ACCESS_KEY = "an-id"
READING_KEY = "a-reader"
SECRET_KEY = "a-secret"
STARTING_SECONDS = 60


class SeaweedFS:
    """The server; it may be killed and started again with what it keeps.

    Args:
        folder: where it keeps everything.
        key: id of its administrator's access key; the secret is that of all.
        address: it listens on.
    """

    def __init__(self, folder: Path, *, key: str = ACCESS_KEY, address: str = "127.0.0.1") -> None:
        self._folder = folder
        self._address = address
        self._key = key
        self._ports = _free_ports(10)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        identities = [
            _identity("tests", key, "Admin", "Read", "Write", "List", "Tagging"),
            _identity("reader", READING_KEY, "Read", "List"),
        ]
        (folder / "s3.json").write_text(json.dumps({"identities": identities}))

    @property
    def url(self) -> str:
        """Its endpoint."""
        return f"http://{self._address}:{self._ports[0]}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        names = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port")
        more = (
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
            "s3.port.iceberg",
            "admin.port",
        )
        ports = dict(zip((*names, *more), self._ports, strict=True))
        options = {
            **{name: str(port) for name, port in ports.items()},
            "dir": str(self._folder / "data"),
            "ip": self._address,
            "ip.bind": self._address,
            "s3.config": str(self._folder / "s3.json"),
            "s3.autoCreateBucket": "false",
            "s3.port.lance": "0",
            "admin.ui": "false",
            "webdav": "false",
        }
        (self._folder / "data").mkdir(exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("weed")),
                    "mini",
                    *(f"-{name}={value}" for name, value in options.items()),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        self._wait()

    def make_bucket(self, name: str) -> None:
        """Make a bucket, as its administrator."""
        client: Any = botocore.session.get_session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="eu-central-1",
            aws_access_key_id=self._key,
            aws_secret_access_key=SECRET_KEY,
        )
        client.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )

    def kill(self) -> None:
        """Kill it, as a power cut of its machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz").status_code == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"no S3 server: {(self._folder / 'log').read_text()[-2_000:]}")


def _identity(name: str, key: str, *actions: str) -> dict[str, object]:
    credentials = [{"accessKey": key, "secretKey": SECRET_KEY}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)
        ]
        return [each.getsockname()[1] for each in sockets]
