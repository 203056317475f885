"""Generated code that tries to get out of its box, really tried from inside, in each sandbox."""

import asyncio
import os
import socket
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.settings import SandboxLimits
from providers.sandbox.sandbox import SandboxRun
from tests.providers.sandbox.boxes import Boxes, alive, becomes
from tests.real_sandbox import attempts

SMALL = SandboxLimits(seconds=30, memory_mb=256, processes=64, file_mb=16, disk_mb=48)


async def tried(boxes: Boxes, code: str, **bounds: float) -> SandboxRun:
    limits = SMALL.model_copy(update=bounds)
    return await boxes.python(attempts.PRELUDE + code, limits=limits)


def assert_all_held(run: SandboxRun, at_least: int) -> None:
    lines = run.output.splitlines()
    assert run.ended_by == "exit", run.output
    assert len(lines) >= at_least, run.output
    assert [line for line in lines if " held " not in line] == []


@dataclass
class Machine:
    """What listens on this machine.

    Attributes:
        port: on every address.
        abstract: name of a Unix socket that no folder hides.
        connections: how many came in.
    """

    port: int
    abstract: str
    connections: int = 0


@asynccontextmanager
async def listening() -> AsyncGenerator[Machine]:
    machine = Machine(0, f"planted-{uuid.uuid4().hex}")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        machine.connections += 1
        writer.close()

    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"\0{machine.abstract}")
    tcp = await asyncio.start_server(serve, "0.0.0.0", 0)
    machine.port = tcp.sockets[0].getsockname()[1]
    async with tcp, await asyncio.start_unix_server(serve, sock=unix):
        yield machine


async def test_files_of_this_machine_cannot_be_read(boxes: Boxes, tmp_path: Path):
    planted = tmp_path / "secret.txt"
    planted.write_text("planted-secret")
    (boxes.folder / "link").symlink_to(planted)
    (boxes.folder / ".git").mkdir()
    (boxes.folder / ".git/config").write_text("planted-secret")
    paths = [str(planted), "/work/link", "/work/.git/config", __file__, str(attempts.__file__)]
    run = await tried(boxes, attempts.reading(paths))
    assert "planted-secret" not in run.output
    assert_all_held(run, at_least=20)


async def test_our_environment_and_processes_cannot_be_seen(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLANTED_KEY", "planted-secret")
    run = await tried(boxes, attempts.ENVIRONMENTS)
    assert run.output == "clean True\n"


async def test_neither_this_machine_nor_the_network_can_be_reached(boxes: Boxes):
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    hosts = ["127.0.0.1", "127.0.1.1", "172.17.0.1", *sorted(map(str, own))]
    async with listening() as machine:
        reader, writer = await asyncio.open_connection("127.0.0.1", machine.port)
        writer.close()
        await reader.read()
        assert machine.connections == 1, "the listener works"
        run = await tried(boxes, attempts.reaching(machine.port, machine.abstract, hosts))
    assert machine.connections == 1
    assert_all_held(run, at_least=10)


async def test_no_right_can_be_won(boxes: Boxes):
    assert_all_held(await tried(boxes, attempts.RIGHTS), at_least=20)


async def test_a_fork_bomb_is_bounded_and_leaves_nothing(boxes: Boxes):
    mark = f"bomb-{uuid.uuid4().hex}"
    run = await tried(boxes, f"# {mark}\n{attempts.COUNTED_FORKS}", seconds=10, memory_mb=2048)
    held, made = run.output.split()[:2]
    assert held == "held"
    assert 10 < int(made) < SMALL.processes
    run = await tried(boxes, f"# {mark}\n{attempts.FORK_BOMB}", seconds=3, memory_mb=2048)
    assert run.ended_by == "timeout"
    assert not alive(mark)


async def test_four_gigabytes_cannot_be_taken_by_one_process(boxes: Boxes):
    run = await tried(boxes, attempts.FOUR_GIGABYTES)
    assert run.ended_by == "memory" or run.output.count(" held ") == 2, run


async def test_four_gigabytes_cannot_be_taken_by_many_processes(boxes: Boxes):
    run = await tried(boxes, attempts.FOUR_GIGABYTES_TOGETHER, seconds=6)
    assert "GOT" not in run.output
    # Docker lets the kernel kill a process that passes the bound; the others go on.
    assert run.ended_by in {"memory", "timeout"}
    assert boxes.sandbox.name != "bubblewrap" or run.ended_by == "memory"


async def test_memory_cannot_be_hidden_in_the_buffers_of_sockets(boxes: Boxes):
    run = await tried(boxes, attempts.SOCKET_BUFFERS, memory_mb=128)
    assert "GOT" not in run.output
    # The kernel of Docker's control group kills the process before it says that it did.
    assert run.ended_by == "memory" or run.exit_code == 137, run


async def test_ten_gigabytes_cannot_be_written(boxes: Boxes):
    free = os.statvfs("/tmp").f_bavail
    run = await tried(boxes, attempts.TEN_GIGABYTES, memory_mb=512)
    assert_all_held(run, at_least=10)
    assert len(run.result) <= 16 << 20
    lost = (free - os.statvfs("/tmp").f_bavail) * os.statvfs("/tmp").f_frsize
    assert lost < 1 << 30


async def test_endless_output_is_ended(boxes: Boxes):
    run = await tried(boxes, attempts.ENDLESS_OUTPUT)
    assert run.ended_by == "output"
    assert len(run.output) <= 64 * 1024


async def test_a_process_cannot_outlive_its_parent(boxes: Boxes):
    mark = f"orphan-{uuid.uuid4().hex}"
    run = await tried(boxes, attempts.outliving(mark))
    assert (run.ended_by, run.output) == ("exit", "parent ends\n")
    assert await becomes(False, mark, seconds=1)


async def test_what_ignores_signals_is_ended_by_the_clock(boxes: Boxes):
    mark = f"deaf-{uuid.uuid4().hex}"
    begun = time.monotonic()
    run = await tried(boxes, f"# {mark}\n{attempts.KILLING}", seconds=2)
    assert time.monotonic() - begun < 15
    assert run.exit_code == 137
    assert not alive(mark)


async def test_a_cancelled_run_leaves_nothing(boxes: Boxes):
    mark = f"cancelled-{uuid.uuid4().hex}"
    task = asyncio.create_task(boxes.python(f"import time; time.sleep(60)  # {mark}"))
    assert await becomes(True, mark)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(mark)
