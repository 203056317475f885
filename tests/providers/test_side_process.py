import asyncio
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.attempt_clock import AttemptClock
from core.errors import SideProcessError
from providers import side_process
from providers.side_process import SideProcess
from tests.providers.side_work import EndsAtOnce, Work


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_work_is_done_in_another_process_and_each_gets_its_own_result(
    tmp_path: Path,
) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        found = await asyncio.gather(*(beside(f"{number} ", again=2) for number in range(50)))
    assert found == [f"{number} {number} " for number in range(50)]
    (process,) = work.processes()
    assert process != os.getpid()


async def test_what_the_work_raises_is_raised_here_and_the_process_goes_on(tmp_path: Path) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        with pytest.raises(ValueError, match="nothing can be done with it"):
            await beside("refuse")
        assert await beside("go") == "go"
    assert len(work.processes()) == 1


async def test_what_the_work_prints_is_no_answer(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path)) as beside:
        assert await asyncio.gather(beside("print"), beside("go")) == ["print", "go"]


async def test_a_piece_that_ends_every_process_is_given_up_and_the_others_are_done(
    tmp_path: Path,
) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        before, crash, after = await asyncio.gather(
            beside("before"), beside("crash"), beside("after"), return_exceptions=True
        )
    assert (before, after) == ("before", "after")
    assert isinstance(crash, SideProcessError)
    assert str(crash) == "ended its process (SIGSEGV), 2 times"
    assert len(work.processes()) == 3


async def test_a_process_that_ends_by_chance_costs_nothing_but_time(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path)) as beside:
        assert await asyncio.gather(beside("crash once"), beside("go")) == ["crash once", "go"]


async def test_an_idle_process_that_was_killed_is_replaced(tmp_path: Path) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        await beside("go")
        (process,) = work.processes()
        os.kill(process, 9)
        assert await beside("on") == "on"


async def test_a_piece_that_takes_too_long_is_given_up_at_once(tmp_path: Path) -> None:
    work = Work(tmp_path)
    async with SideProcess(work, longest=1) as beside:
        slow, after = await asyncio.gather(beside("spin"), beside("after"), return_exceptions=True)
    assert isinstance(slow, SideProcessError)
    assert str(slow) == "took more than 1 s of the processor"
    assert after == "after"
    assert len(work.processes()) == 2


async def test_a_cancelled_piece_leaves_the_order_of_the_others_as_it_is(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path)) as beside:
        first = asyncio.create_task(beside("first"))
        await asyncio.sleep(0)
        second = asyncio.create_task(beside("second"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "second"
        with pytest.raises(asyncio.CancelledError):
            await first


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("stop", "StopIteration: where nobody looks"),
        ("fail strangely", "StrangeError: it fails"),
        ("give what cannot be sent", "the result cannot be sent: "),
    ],
)
async def test_what_cannot_make_the_way_back_is_told_all_the_same(
    word: str, told: str, tmp_path: Path
) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        with pytest.raises(RuntimeError, match=told):
            await beside(word)
        assert await beside("go") == "go"
    assert len(work.processes()) == 1


async def test_a_defect_is_told_with_the_place_where_it_is(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path)) as beside:
        with pytest.raises(KeyError) as failed:
            await beside("defect")
    assert "side_work.py" in failed.value.__notes__[0]


async def test_large_pieces_and_results_do_not_get_stuck(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path)) as beside:
        sizes = await asyncio.gather(*(beside("size") for _ in range(20)))
        echoed = await asyncio.gather(*(beside("y" * 1_000_000) for _ in range(20)))
    assert {len(size) for size in sizes} == {1_000_000}
    assert {len(text) for text in echoed} == {1_000_000}


async def test_pieces_that_wait_do_not_use_up_the_time_of_an_attempt(tmp_path: Path) -> None:
    async def attempt(beside: SideProcess[..., str]) -> str:
        async with AttemptClock(0.9):
            return await beside("nap")

    async with SideProcess(Work(tmp_path)) as beside:
        await beside("go")
        assert await asyncio.gather(*(attempt(beside) for _ in range(4))) == ["nap"] * 4


async def test_who_is_cancelled_while_leaving_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = asyncio.Event()
    end = side_process._end  # pyright: ignore[reportPrivateUsage] -- slowed down

    async def slowly(process: asyncio.subprocess.Process) -> str:
        ending.set()
        await asyncio.sleep(0.3)
        return await end(process)

    monkeypatch.setattr(side_process, "_end", slowly)

    async def build() -> str:
        async with SideProcess(Work(tmp_path)) as beside:
            await beside("go")
        return "went on as if nothing was"

    task = asyncio.create_task(build())
    await ending.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.5)  # the keeper ends its process all the same
    assert not any(map(_is_there, Work(tmp_path).processes()))


async def test_what_ended_a_process_is_not_done_here(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path)) as beside:
        ended, after = await asyncio.gather(
            beside("end for ever"), beside("after"), return_exceptions=True
        )
    assert isinstance(ended, SideProcessError)
    assert after == "after"


async def test_a_parent_that_was_held_up_does_not_blame_the_piece(tmp_path: Path) -> None:
    async with SideProcess(Work(tmp_path), longest=1) as beside:
        await beside("go")
        piece = asyncio.create_task(beside("nap"))
        await asyncio.sleep(0)
        time.sleep(2)  # noqa: ASYNC251 -- the event loop stands still
        assert await piece == "nap"


async def test_nothing_is_left_when_the_block_is_left(tmp_path: Path) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        await beside("go")
        waiting = asyncio.create_task(beside("spin"))
        await asyncio.sleep(0.2)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not any(map(_is_there, work.processes()))


async def test_no_process_is_started_for_nothing(tmp_path: Path) -> None:
    work = Work(tmp_path)
    async with SideProcess(work):
        await asyncio.sleep(0)
    assert work.processes() == []


async def test_a_process_begun_for_later_is_there_by_then_though_nothing_was_asked(
    tmp_path: Path,
) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside:
        beside.begin(after=0.05)
        async with asyncio.timeout(20):
            while True:
                if work.processes():
                    break
                await asyncio.sleep(0.01)


async def test_a_process_begun_for_later_starts_with_the_first_piece(tmp_path: Path) -> None:
    work = Work(tmp_path)
    async with SideProcess(work) as beside, asyncio.timeout(20):
        beside.begin(after=3_600)
        await asyncio.sleep(0)
        assert await beside("a", again=1) == "a"


async def test_keys_of_the_environment_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a made-up one")
    async with SideProcess(Work(tmp_path)) as beside:
        names = (await beside("environment")).split()
    assert "OPENAI_API_KEY" not in names
    assert "PATH" in names


async def test_where_no_process_starts_the_work_is_done_here(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        async with SideProcess(EndsAtOnce(os.getpid())) as beside:
            found = await asyncio.gather(beside("first"), beside("refuse"), return_exceptions=True)
            assert await beside("later") == f"later by {os.getpid()}"
            with pytest.raises(ValueError, match="nothing can be done with it"):
                await beside("refuse")
    assert found[0] == f"first by {os.getpid()}"
    assert isinstance(found[1], ValueError)
    assert caplog.messages == [
        "No process works beside this one (exit code 5): the work is done here"
    ]


async def test_where_the_system_refuses_processes_the_work_is_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "missing"))
    async with SideProcess(Work(tmp_path)) as beside:
        assert await beside("go") == "go"
    assert "No such file or directory" in caplog.text


@pytest.mark.parametrize("word", ["go", "spin"])
def test_the_process_ends_with_the_one_that_started_it(word: str, tmp_path: Path) -> None:
    code = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from providers.side_process import SideProcess\n"
        "from tests.providers.side_work import Work\n"
        "async def main():\n"
        "    work = Work(Path(sys.argv[1]))\n"
        "    async with SideProcess(work, longest=0.5) as beside:\n"
        "        task = asyncio.ensure_future(beside(sys.argv[2]))\n"
        "        while not (work.folder / 'at it').exists(): await asyncio.sleep(0.01)\n"
        "        os._exit(9)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), word]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == 9
    (process,) = Work(tmp_path).processes()
    until = time.monotonic() + 20
    while _is_there(process) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _is_there(process)
