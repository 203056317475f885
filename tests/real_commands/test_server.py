"""The commands of README and pages that start a server, register, work, and start runs there."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.real_browser.prefect_stack import free_port, running
from tests.real_commands.desk import Desk, documented
from tests.real_services.service import FINAL

pytestmark = pytest.mark.timeout(900)

_TOLD = "http://127.0.0.1:4200/api"


class Stack:
    """A server and a worker that the blocks of a page started.

    Args:
        desk: where they run.
        port: of the server; it takes the place of the one that pages tell.
    """

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk = desk
        self.address = (_TOLD, _TOLD.replace("4200", str(port)))

    def answers(self) -> bool:
        """Whether the server does, as it cannot yet when it tells where it is."""
        try:
            return httpx.get(f"{self.address[1]}/health", timeout=5).is_success
        except httpx.TransportError:
            return False

    def run(self, commands: str) -> str:
        """Run commands of a page against the server."""
        replaced = [self.address] if _TOLD in commands else []
        return self.desk.run(commands, *replaced, PREFECT_API_URL=self.address[1])

    def ended_well(self, said: str) -> bool:
        """Whether the run that was started, as Prefect's command told, completed."""
        (run,) = re.findall(r"UUID: (\S+)", said)
        ask = f".venv/bin/prefect flow-run inspect --output json {run}"
        while (state := re.findall(r'"state_type": "(\w+)"', self.run(ask))[0]) not in FINAL:
            continue
        return state == "COMPLETED"


@pytest.fixture(scope="module", params=["README.md", "docs/operations.md"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """What the page's blocks start: `make ui`, `make deploy` and `make worker`."""
    page: str = request.param
    folder: Path = tmp_path_factory.mktemp("server")
    port = free_port()
    desk = Desk.in_folder(
        folder,
        PREFECT_SERVER_API_PORT=str(port),
        PREFECT_WORKER_QUERY_SECONDS="1",
        PREFECT_SERVER_DATABASE_TIMEOUT="60",
    )
    (folder / ".app-builder").mkdir()
    stack = Stack(desk, port)
    ui = in_shell(documented(page, "make ui"), stack)
    register, work = documented(page, "make deploy").rstrip().rsplit("\n", 1)
    environment = {**os.environ, **desk.environment}
    server = running(ui, environment, folder / "ui.log", lambda _: stack.answers())
    with server:
        stack.run(register)
        worker = running(
            in_shell(f"{register.splitlines()[0]}\n{work}", stack),
            environment,
            folder / "worker.log",
            lambda said: "started!" in said,
        )
        with worker:
            yield stack


def in_shell(commands: str, stack: Stack) -> list[str]:
    """A command that runs those of a page in the desk's folder."""
    told, meant = stack.address
    commands = commands.replace(told, meant)
    return ["bash", "-euc", f"cd '{stack.desk.folder}'\n{commands}"]


def test_a_build_of_the_command_runs_on_that_server(stack: Stack) -> None:
    block = documented("docs/operations.md", ".venv/bin/app-builder build examples/task-tracker")
    assert "tests green" in stack.run(block)


def test_a_deployed_build_is_started_from_the_shell(stack: Stack) -> None:
    block = documented("docs/operations.md", ".venv/bin/prefect deployment run build-app/")
    assert stack.ended_well(stack.run(block))


def test_reports_are_started_from_the_shell(stack: Stack) -> None:
    block = documented("docs/operations.md", ".venv/bin/prefect deployment run usage-report/")
    for command in block.splitlines():
        assert stack.ended_well(stack.run(command))


def test_registering_again_only_tells_as_the_page_says(stack: Stack) -> None:
    block = documented("docs/deployment.md", "make deploy DRY_RUN=1")
    dry, register = block.splitlines()[-2:]
    assert (dry, register) == ("make deploy DRY_RUN=1", "make deploy")
    assert "everything is as declared" in stack.run(dry)
