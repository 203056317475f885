"""Machines with a worker each: network namespaces that reach this machine and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.real_browser.prefect_stack import running
from tests.real_docker.engine import run

SHARED = "10.203.0.1"
"""Where this machine, the third one, has what the others share."""


class Host:
    """A machine with a name, a network and a home of its own.

    Args:
        number: tells its network from those of others.
        name: its host name, which its worker has as well.
        folder: for its home and its worker's log.
        environments: packages for tests of generated repositories; it cannot fetch any.
    """

    def __init__(self, number: int, name: str, folder: Path, environments: Path) -> None:
        self.name = name
        self._number = number
        self._namespace = f"app-builder-{name}"
        self._folder = folder
        self._home = folder / "home"
        self._home.mkdir(parents=True)
        (self._home / "environments").symlink_to(environments)

    @contextmanager
    def connected(self) -> Generator[None]:
        """Its network, up to the end of the block."""
        there, here = f"10.203.{self._number}.2", f"10.203.{self._number}.1"
        link = f"app-builder-{self._number}"
        self._forget()  # what a killed run has left
        run("ip", "netns", "add", self._namespace)
        try:
            run(
                *("ip", "link", "add", link, "type", "veth"),
                *("peer", "name", "eth0", "netns", self._namespace),
            )
            run("ip", "addr", "add", f"{here}/30", "dev", link)
            run("ip", "link", "set", link, "up")
            inside = ("ip", "-n", self._namespace)
            run(*inside, "addr", "add", f"{there}/30", "dev", "eth0")
            run(*inside, "link", "set", "lo", "up")
            run(*inside, "link", "set", "eth0", "up")
            run(*inside, "route", "add", "default", "via", here)
            yield
        finally:
            self._forget()

    @contextmanager
    def working(self, environment: Mapping[str, str], limit: int) -> Generator[None]:
        """Its worker, up to the end of the block.

        Args:
            environment: variables of all workers.
            limit: most builds at once.
        """
        given = {
            **environment,
            "APP_BUILDER_HOME": str(self._home),
            "PREFECT_HOME": str(self._folder / "prefect"),
        }
        enter = ("ip", "netns", "exec", self._namespace, "unshare", "--uts", "sh", "-c")
        worker = (
            *(sys.executable, "-m", "prefect", "worker", "start"),
            *("--pool", "app-builder-local", "--work-queue", "default"),
            *("--name", self.name, "--limit", str(limit)),
        )
        with running(
            [*enter, 'hostname "$0" && exec "$@"', self.name, *worker],
            given,
            self._folder / "worker.log",
            ready=lambda said: "started!" in said,
        ):
            yield

    def lose(self) -> float:
        """Kill everything that runs there, as a power cut would; returns when it was gone."""
        while pids := run("ip", "netns", "pids", self._namespace).split():
            for pid in pids:
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    continue
        return time.time()

    def _forget(self) -> None:
        quiet = subprocess.DEVNULL
        for command in (
            ("ip", "netns", "delete", self._namespace),
            ("ip", "link", "delete", f"app-builder-{self._number}"),
        ):
            subprocess.run(command, stdout=quiet, stderr=quiet, check=False)


@contextmanager
def shared_address() -> Generator[str]:
    """An address of this machine that the others reach, up to the end of the block."""
    if os.getuid():
        pytest.fail("machines are network namespaces, which only root can make")
    with ExitStack() as undoing:
        address = (f"{SHARED}/32", "dev", "lo")
        subprocess.run(("ip", "addr", "delete", *address), capture_output=True, check=False)
        run("ip", "addr", "add", *address)
        undoing.callback(run, "ip", "addr", "delete", *address)
        yield SHARED
