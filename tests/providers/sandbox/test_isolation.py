"""Nothing of this machine is inside a box."""

import asyncio
from pathlib import Path

import pytest

from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from tests.providers.sandbox.boxes import Boxes


async def test_history_is_not_inside(boxes: Boxes):
    (boxes.folder / ".git").mkdir()
    (boxes.folder / ".git/config").write_text("token = planted-secret")
    (boxes.folder / "a").touch()
    run = await boxes.python(
        "import os; print([f for w in ('/work', '/source') for _, _, f in os.walk(w)])"
    )
    assert "config" not in run.output
    assert "'a'" in run.output


async def test_our_files_are_not_inside(boxes: Boxes, tmp_path: Path):
    planted = tmp_path / "secret.txt"
    planted.write_text("planted-secret")
    paths = ["/etc/shadow", "/root/.ssh", "/home", "/var", "/opt", "/run", str(planted)]
    (boxes.folder / "link").symlink_to(planted)
    (boxes.folder / "up").symlink_to("../secret.txt")
    run = await boxes.python(
        f"import os\nprint([p for p in {paths!r} + ['link', 'up'] if os.path.exists(p)])\n"
        "print(open('/etc/passwd').read())"
    )
    assert run.output.startswith("[]\n")
    assert run.output.splitlines()[1].startswith("root:")
    assert len(run.output.split()) == 3


async def test_our_environment_is_not_inside(boxes: Boxes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLANTED_KEY", "planted-secret")
    run = await boxes.python(
        "import os, glob\nprint(sorted(os.environ.items()))\n"
        "for name in glob.glob('/proc/*/environ'):\n"
        "    try: print(open(name).read())\n"
        "    except OSError: pass",
        environment={"PATH": "/usr/bin", "GIVEN": "yes"},
    )
    assert "('GIVEN', 'yes')" in run.output
    assert "PLANTED" not in run.output
    assert "planted-secret" not in run.output


async def test_a_command_has_no_rights_and_sees_no_process_but_its_own(boxes: Boxes):
    run = await boxes.python(
        "import os\nprint(os.getuid() != 0, os.getgid() != 0, len(os.listdir('/proc/self/task')))\n"
        "status = dict(l.split(':', 1) for l in open('/proc/self/status'))\n"
        "print(int(status['CapEff'], 16), int(status['CapPrm'], 16), int(status['NoNewPrivs']))\n"
        "print(sum(name.isdigit() for name in os.listdir('/proc')) < 10)"
    )
    assert run.output == "True True 1\n0 0 1\nTrue\n"


async def test_calls_around_the_bounds_are_refused(boxes: Boxes):
    run = await boxes.python(
        "import ctypes, errno, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def refused(result): return result == -1 and errno.errorcode[ctypes.get_errno()]\n"
        "print(refused(libc.unshare(0x10000000)))\n"
        "print(refused(libc.mount(b't', b'/tmp', b'tmpfs', 0, None)))\n"
        "print(refused(libc.shmget(0, 1 << 30, 0o1600)))\n"
        "try: os.memfd_create('hidden')\n"
        "except OSError as error: print(errno.errorcode[error.errno])"
    )
    assert run.output.split() == ["EPERM"] * 4


async def test_threads_and_child_processes_work_all_the_same(boxes: Boxes):
    run = await boxes.python(
        "import concurrent.futures as c, subprocess\n"
        "with c.ThreadPoolExecutor(4) as pool: print(sum(pool.map(abs, range(5))))\n"
        "print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout)"
    )
    assert run.output.split() == ["10", "child"]


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr", "/dev", "/source"])
async def test_only_a_few_folders_can_be_written_to(boxes: Boxes, folder: str):
    run = await boxes.python(f"open('{folder}/planted', 'w')")
    assert run.exit_code == 1
    assert "OSError" in run.output or "PermissionError" in run.output


async def test_what_is_given_read_only_cannot_be_written(boxes: Boxes, tmp_path: Path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "data").write_text("content")
    given.chmod(0o777)
    run = await boxes.sandbox.run(
        ["sh", "-c", "cat /some/place/data; echo x > /some/place/data; touch /some/place/new"],
        folder=boxes.folder,
        environment={"PATH": "/usr/bin:/bin"},
        limits=SandboxLimits(),
        read_only={"/some/place": given},
    )
    assert run.output.startswith("content")
    assert [path.name for path in given.iterdir()] == ["data"]
    assert (given / "data").read_text() == "content"


async def test_output_cannot_drive_a_terminal(boxes: Boxes):
    run = await boxes.python(r"print('\x1b[2J\x1b[31mred\x07\x00')")
    assert run.output == "red\n"


async def test_there_is_no_network(boxes: Boxes):
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        run = await boxes.python(
            "import socket\n"
            f"try: socket.create_connection(('127.0.0.1', {port}), 3); print('connected')\n"
            "except OSError as error: print(error.strerror)"
        )
    assert (run.output.strip(), connections) == ("Connection refused", 0)


async def test_a_box_has_a_loopback_of_its_own(boxes: Boxes):
    run = await boxes.python(
        "import socket\n"
        "server = socket.create_server(('localhost', 0))\n"
        "socket.create_connection(server.getsockname()); print('connected')\n"
        "try: socket.create_connection(('192.0.2.1', 80), 3)\n"
        "except OSError as error: print(error.strerror)"
    )
    assert run.output == "connected\nNetwork is unreachable\n"


async def test_a_box_of_an_ordinary_user_is_as_closed(tmp_path: Path):
    sandbox = BubblewrapSandbox(root=False)
    assert await sandbox.usable() is None
    run = await sandbox.run(
        ["sh", "-c", "id -u; ls /work /root /home; unshare -U true; touch /dev/planted; pwd"],
        folder=tmp_path,
        environment={"PATH": "/usr/bin:/bin"},
        limits=SandboxLimits(),
    )
    lines = run.output.splitlines()
    assert lines[0] == "65534"
    assert lines[-1] == "/work"
    assert "Operation not permitted" in run.output
    assert "Read-only file system" in run.output
