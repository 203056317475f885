import asyncio
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox import supervision
from providers.sandbox.first_process import FirstProcess
from providers.sandbox.supervision import OutputTail, read_head, supervise


@given(st.lists(st.text("ab\n", min_size=1)), st.integers(1, 40))
def test_the_tail_is_the_end_of_all_chunks(chunks: list[str], keep: int):
    tail = OutputTail(keep=keep)
    for chunk in chunks:
        tail.add(chunk.encode())
    assert tail.text == "".join(chunks)[-keep:]


def test_a_character_cut_in_two_does_not_break_the_text():
    tail = OutputTail(keep=3)
    tail.add("aé!!".encode())
    assert tail.text == "\ufffd!!"


async def test_the_head_of_a_stream_is_kept_and_the_rest_is_dropped():
    stream = asyncio.StreamReader()
    for _ in range(100):
        stream.feed_data(b"0123456789")
    stream.feed_eof()
    assert await read_head(stream, size=15) == b"012345678901234"
    assert await read_head(None) == b""


async def test_a_process_that_cannot_be_killed_is_the_sandbox_failing(
    monkeypatch: pytest.MonkeyPatch,
):
    # No box, so that something survives: a child out of the group that keeps the output open.
    monkeypatch.setattr(supervision, "_DEATH_SECONDS", 0.2)
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", "setsid sleep 1 & exec sleep 60"),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    with ExitStack() as stack:
        first = FirstProcess(stack)
        with pytest.raises(SandboxError, match=r"still alive after 0\.2 s"):
            await supervise(
                process,
                first,
                OutputTail(),
                SandboxLimits(seconds=0.1),
                folders=(),
                most_files=1,
            )
    assert process.stdout is not None
    await process.stdout.read()
    assert await process.wait() == -9
