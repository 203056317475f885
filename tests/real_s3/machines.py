"""Machines that build with one store on S3, as processes with homes of their own."""

import subprocess
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import botocore.session

from tests.flows.command import TINY, local_models, start, variables
from tests.flows.killer import AT_ONCE
from tests.model_server import ModelServer


class Bucket:
    """An empty bucket, reached by the options of its URL alone."""

    def __init__(self, endpoint: str) -> None:
        self.client: Any = botocore.session.get_session().create_client("s3", endpoint_url=endpoint)
        self.name = f"bucket-{uuid4().hex}"
        self.client.create_bucket(
            Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        self.url = f"s3://{self.name}/team?endpoint={endpoint}"

    def keys(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]


class Machine:
    """A home of its own, that shares nothing with others but the store and installed packages."""

    def __init__(self, home: Path, server: ModelServer, store: str) -> None:
        self._server = server
        self._environment = variables(
            home,
            LOCAL_LLM_BASE_URL=server.base_url,
            APP_BUILDER_FILES_AT_ONCE=str(AT_ONCE),
            APP_BUILDER_ARTIFACT_STORE=store,
        )
        self.kills: list[float] = []

    def build_until_files(self, number: int) -> "subprocess.Popen[str]":
        """A build that is under way, and has asked for so many more files."""
        wanted = self._files_asked() + number
        process = start("build", TINY, *local_models(), environment=self._environment)
        while self._files_asked() < wanted:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.1)  # asking the server takes time from the build
        return process

    def kill_after_files(self, number: int) -> None:
        """Build until so many more files were asked for, and kill it there."""
        with self.build_until_files(number) as process:
            process.kill()
            process.wait()
        self.kills.append(time.time())

    def finish(self) -> str:
        """Build to the end."""
        with start("build", TINY, *local_models(), environment=self._environment) as process:
            output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

    def _files_asked(self) -> int:
        return sum(call.model == "coder" for call in self._server.calls())


class Machines:
    """Machines of one test, by name."""

    def __init__(self, folder: Path, environments: Path, server: ModelServer) -> None:
        self._folder = folder
        self._environments = environments
        self._server = server

    def open(self, name: str, store: str) -> Machine:
        """A machine with an empty home, that is to use a store."""
        home = self._folder / name
        home.mkdir()
        (home / "environments").symlink_to(self._environments)
        return Machine(home, self._server, store)
