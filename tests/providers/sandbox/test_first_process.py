import asyncio
import os
from contextlib import ExitStack

import pytest

from core.errors import SandboxError
from providers.sandbox import first_process
from providers.sandbox.first_process import FirstProcess


async def find(said: bytes) -> FirstProcess:
    with ExitStack() as stack:
        first = FirstProcess(stack)
        os.write(first.tell_descriptor, said)
        await first.find()
        await first.end()
        return first


async def test_without_an_answer_there_is_no_process():
    assert (await find(b"")).number is None


async def test_a_process_that_ended_already_is_no_process():
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    assert (await find(b'{"child-pid": %d}' % gone.pid)).number is None


async def test_the_end_of_the_process_is_waited_for():
    process = await asyncio.create_subprocess_exec("sleep", "0.2")
    assert (await find(b'{"child-pid": %d}' % process.pid)).number == process.pid
    assert await process.wait() == 0


@pytest.mark.parametrize("said", [b"no json", b"{}", b'{"child-pid": "x"}'])
async def test_an_answer_that_says_nothing_is_the_sandbox_failing(said: bytes):
    with pytest.raises(SandboxError, match="a box was not started"):
        await find(said)


async def test_no_answer_at_all_is_the_sandbox_failing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(first_process, "_START_SECONDS", 0.1)
    with ExitStack() as stack:
        first = FirstProcess(stack)
        other = os.dup(first.tell_descriptor)  # as a program that keeps the pipe open would
        try:
            with pytest.raises(SandboxError, match="TimeoutError"):
                await first.find()
        finally:
            os.close(other)
