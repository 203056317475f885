"""Code that takes all it can get is bounded, and nothing of it stays alive."""

import asyncio
import os
import signal
import sys
import uuid
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.settings import SandboxLimits
from tests.providers.sandbox.boxes import Boxes, alive, becomes


async def test_endless_output_is_ended_and_only_its_tail_is_kept(boxes: Boxes):
    run = await boxes.python("import os\nwhile True: os.write(1, b'x' * 65535 + b'\\n')")
    assert run.ended_by == "output"
    assert len(run.output) <= 64 * 1024


async def test_an_infinite_loop_is_ended(boxes: Boxes):
    run = await boxes.python(
        "print('start', flush=True)\nwhile True: pass", limits=SandboxLimits(seconds=1)
    )
    assert (run.ended_by, run.output) == ("timeout", "start\n")
    assert run.exit_code == 137
    assert run.seconds < 5


async def test_a_command_that_closes_its_output_is_still_waited_for(boxes: Boxes):
    run = await boxes.python(
        "import os, time, sys\nos.close(1); os.close(2); time.sleep(60)",
        limits=SandboxLimits(seconds=1),
    )
    assert run.ended_by == "timeout"


async def test_a_fork_bomb_hits_its_bound_and_dies(boxes: Boxes):
    mark = f"bomb-{uuid.uuid4().hex}"
    code = (
        f"import os, time  # {mark}\n"
        "made = 0\n"
        "try:\n"
        "    while True:\n"
        "        if os.fork() == 0: time.sleep(60)\n"
        "        made += 1\n"
        "except OSError as error: print(made, error.strerror, flush=True)\n"
        "time.sleep(60)"
    )
    run = await boxes.python(code, limits=SandboxLimits(seconds=2, processes=40))
    made, reason = run.output.split(" ", 1)
    assert 20 < int(made) < 40
    assert reason == "Resource temporarily unavailable\n"
    assert run.ended_by == "timeout"
    assert not alive(mark)


async def test_a_real_fork_bomb_leaves_nothing(boxes: Boxes):
    mark = f"bomb-{uuid.uuid4().hex}"
    code = f"import os  # {mark}\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    run = await boxes.python(code, limits=SandboxLimits(seconds=2, processes=60))
    assert run.ended_by == "timeout"
    assert not alive(mark)


async def test_one_process_cannot_take_more_memory_than_the_bound(boxes: Boxes):
    run = await boxes.python(
        "held = []\nwhile True: held.append(bytearray(1 << 24))",
        limits=SandboxLimits(seconds=20, memory_mb=256),
    )
    assert run.exit_code == 1
    assert "MemoryError" in run.output


@pytest.mark.parametrize("shared", [False, True])
async def test_many_processes_together_cannot_take_more_memory_than_the_bound(
    boxes: Boxes, shared: bool
):
    held = "mmap.mmap(-1, 100 << 20)" if shared else "bytearray(100 << 20)"
    run = await boxes.python(
        "import mmap, os, time\n"
        "for _ in range(8):\n"
        "    if os.fork() == 0:\n"
        f"        held = {held}\n"
        "        held[:] = b'x' * len(held) if hasattr(held, 'flush') else held\n"
        "        time.sleep(60)\n"
        "time.sleep(60)",
        limits=SandboxLimits(seconds=20, memory_mb=384),
    )
    assert run.ended_by == "memory"


@pytest.mark.parametrize(
    "hide",
    ["held.madvise(mmap.MADV_DONTNEED)", "libc.munmap(address, len(held) - mmap.PAGESIZE)"],
)
async def test_shared_memory_counts_though_a_process_shows_none(boxes: Boxes, hide: str):
    run = await boxes.python(
        "import ctypes, mmap, time\n"
        "libc, kept = ctypes.CDLL(None), []\n"
        "libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]\n"
        "for _ in range(24):\n"
        "    held = mmap.mmap(-1, 32 << 20)\n"
        "    kept.append((held, ctypes.c_char.from_buffer(held)))\n"
        "    address = ctypes.addressof(kept[-1][1])\n"
        "    held.write(bytes(len(held)))\n"
        f"    {hide}\n"
        "time.sleep(10)",
        limits=SandboxLimits(seconds=20, memory_mb=192),
    )
    assert run.ended_by == "memory"


async def test_memory_that_processes_share_counts_once_as_long_as_nobody_touches_it(boxes: Boxes):
    run = await boxes.python(
        "import mmap, os, time\n"
        "held = mmap.mmap(-1, 64 << 20)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0: time.sleep(1.5); os._exit(0)\n"
        "for _ in range(4): os.wait()\n"
        "print('done')",
        limits=SandboxLimits(seconds=20, memory_mb=192),
    )
    assert (run.ended_by, run.output) == ("exit", "done\n")


async def test_what_programs_share_as_a_rule_is_no_reason_to_end_them(boxes: Boxes):
    (boxes.folder / "main.py").write_text(
        "import multiprocessing as mp, sqlite3, time\n"
        "from multiprocessing import shared_memory\n"
        "def work(value):\n"
        "    with value.get_lock(): value.value += 1\n"
        "    time.sleep(0.5)\n"
        "if __name__ == '__main__':\n"
        "    base = sqlite3.connect('/tmp/base.db')\n"
        "    print(*base.execute('PRAGMA journal_mode=WAL').fetchone())\n"
        "    base.execute('CREATE TABLE a (b)')\n"
        "    shared = shared_memory.SharedMemory(create=True, size=1 << 20)\n"
        "    value = mp.Value('i', 0)\n"
        "    made = [mp.Process(target=work, args=(value,)) for _ in range(4)]\n"
        "    for one in made: one.start()\n"
        "    for one in made: one.join()\n"
        "    shared.unlink()\n"
        "    print(value.value)\n"
    )
    run = await boxes.python(
        "import runpy; runpy.run_path('main.py', run_name='__main__')",
        limits=SandboxLimits(seconds=20, memory_mb=192),
    )
    assert (run.ended_by, run.output) == ("exit", "wal\n4\n")


async def test_memory_counts_though_the_first_thread_has_ended(boxes: Boxes):
    run = await boxes.python(
        "import ctypes, os, threading, time\n"
        "def hold():\n"
        "    time.sleep(0.3)\n"
        "    held = b'x' * (60 << 20)\n"
        "    time.sleep(10)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        threading.Thread(target=hold).start()\n"
        "        ctypes.CDLL(None).pthread_exit(None)\n"
        "time.sleep(10)",
        limits=SandboxLimits(seconds=8, memory_mb=128),
    )
    assert run.ended_by == "memory"


async def test_a_huge_file_is_refused(boxes: Boxes):
    run = await boxes.python(
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with open('big', 'wb', 0) as file:\n"
        "    while True: file.write(bytes(1 << 20))",
        limits=SandboxLimits(seconds=20, file_mb=8),
    )
    assert run.exit_code == 1
    assert "File too large" in run.output


@pytest.mark.parametrize("folder", ["/work", "/tmp", "/dev/shm"])
async def test_many_files_cannot_fill_the_disk(boxes: Boxes, folder: str):
    run = await boxes.python(
        "import itertools\n"
        "for number in itertools.count():\n"
        f"    open(f'{folder}/{{number}}', 'wb').write(bytes(4 << 20))",
        limits=SandboxLimits(seconds=20, file_mb=8, disk_mb=32),
    )
    assert run.exit_code == 1
    assert "No space left on device" in run.output


async def test_empty_files_without_number_are_ended(boxes: Boxes):
    run = await boxes.python(
        "import itertools\nfor number in itertools.count(): open(f'/tmp/{number}', 'w')"
    )
    assert run.ended_by == "disk"


async def test_the_bounds_hold_for_the_command_itself(boxes: Boxes):
    run = await boxes.python(
        "import resource as r\n"
        "for name in ('DATA', 'CPU', 'NPROC', 'FSIZE', 'CORE', 'NOFILE'):\n"
        "    print(*r.getrlimit(getattr(r, 'RLIMIT_' + name)))\n"
        "print(open('/proc/self/oom_score_adj').read())",
        limits=SandboxLimits(seconds=3, memory_mb=512, processes=50, file_mb=8),
    )
    mib = 1024 * 1024
    expected = [512 * mib, 3, 50, 8 * mib, 0, 1024]
    assert run.output.split() == [str(n) for n in expected for _ in range(2)] + ["1000"]


async def test_nothing_outlives_the_command_that_started_it(boxes: Boxes):
    mark = f"orphan-{uuid.uuid4().hex}"
    code = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '{mark}'],"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print('parent ends')"
    )
    run = await boxes.python(code)
    assert (run.ended_by, run.output) == ("exit", "parent ends\n")
    assert run.seconds < 10
    assert not alive(mark)


async def test_a_cancelled_run_leaves_nothing(boxes: Boxes):
    mark = f"cancelled-{uuid.uuid4().hex}"
    task = asyncio.create_task(boxes.python(f"import time; time.sleep(60)  # {mark}"))
    assert await becomes(True, mark)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(mark)


async def test_a_box_dies_with_the_process_that_made_it(boxes: Boxes):
    mark = f"killed-{uuid.uuid4().hex}"
    driver = (
        "import asyncio, pathlib, sys\n"
        "from core.settings import SandboxLimits\n"
        "from providers.sandbox.bubblewrap import BubblewrapSandbox\n"
        "asyncio.run(BubblewrapSandbox().run(['sh', '-c', 'sleep 60; echo ' + sys.argv[2]],"
        " folder=pathlib.Path(sys.argv[1]), environment={'PATH': '/usr/bin:/bin'},"
        " limits=SandboxLimits()))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", driver, str(boxes.folder), mark),
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "TMPDIR": str(boxes.folder.parent),  # a killed process leaves its temporary folder
        },
    )
    boxed = f"sleep 60; echo {mark}"
    assert await becomes(True, boxed)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await becomes(False, boxed)


async def test_a_tree_that_does_not_fit_is_the_sandbox_failing(boxes: Boxes):
    (boxes.folder / "big").write_bytes(bytes(3 << 20))
    with pytest.raises(SandboxError, match=r"could not be set up: cp: .*No space left"):
        await boxes.python("print('never')", limits=SandboxLimits(seconds=5, disk_mb=1))
