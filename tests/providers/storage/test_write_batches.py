"""What is written together, and what of it fails."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from providers.storage.write_batches import WriteBatches


class Disk:
    """Writes into memory while it may; keys that begin with `bad` fail."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.kept: dict[str, bytes] = {}
        self.may_write = threading.Event()
        self.may_write.set()

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[Exception | None]:
        self.may_write.wait(10)
        self.batches.append([key for key, _ in files])
        self.kept.update(files)
        return [OSError(key) if key.startswith("bad") else None for key, _ in files]


async def test_what_is_asked_at_once_is_written_together_and_in_order() -> None:
    disk = Disk()
    batches = WriteBatches(disk.write_all)
    await asyncio.gather(*(batches.write("same", bytes([number])) for number in range(50)))
    assert disk.batches == [["same"] * 50]
    assert disk.kept == {"same": bytes([49])}


async def test_what_comes_while_a_batch_is_written_makes_the_next() -> None:
    disk = Disk()
    disk.may_write.clear()
    batches = WriteBatches(disk.write_all)
    first = asyncio.create_task(batches.write("first", b""))
    await asyncio.sleep(0.05)
    later = [asyncio.create_task(batches.write(key, b"")) for key in ("a", "b")]
    await asyncio.sleep(0.05)
    disk.may_write.set()
    await asyncio.gather(first, *later)
    assert disk.batches == [["first"], ["a", "b"]]


async def test_a_failure_is_told_to_its_own_caller() -> None:
    batches = WriteBatches(Disk().write_all)
    good, bad = await asyncio.gather(
        batches.write("good", b""), batches.write("bad", b""), return_exceptions=True
    )
    assert good is None
    assert isinstance(bad, OSError)


async def test_a_failure_of_the_whole_batch_is_told_to_all() -> None:
    def broken(_: Sequence[tuple[str, bytes]]) -> list[Exception | None]:
        raise MemoryError("none left")

    batches = WriteBatches(broken)
    told = await asyncio.gather(
        batches.write("a", b""), batches.write("b", b""), return_exceptions=True
    )
    assert [type(each) for each in told] == [MemoryError, MemoryError]
    with pytest.raises(MemoryError):  # and the next batch is tried all the same
        await batches.write("c", b"")


async def test_a_caller_that_left_before_its_batch_began_writes_nothing() -> None:
    disk = Disk()
    disk.may_write.clear()
    batches = WriteBatches(disk.write_all)
    first = asyncio.create_task(batches.write("first", b""))
    await asyncio.sleep(0.05)
    gone = asyncio.create_task(batches.write("gone", b""))
    await asyncio.sleep(0)
    gone.cancel()
    first.cancel()
    await asyncio.wait([first, gone])
    disk.may_write.set()
    await batches.write("last", b"")
    assert disk.batches == [["first"], ["last"]]


def test_every_event_loop_of_a_process_has_its_own_turn() -> None:
    disk = Disk()
    batches = WriteBatches(disk.write_all)
    for number in range(3):
        asyncio.run(batches.write(str(number), b""))
    assert disk.batches == [["0"], ["1"], ["2"]]


async def test_threads_that_were_shut_down_are_said_to_be() -> None:
    disk = Disk()
    batches = WriteBatches(disk.write_all)

    async def shut_down() -> None:
        await asyncio.get_running_loop().shutdown_default_executor()
        await batches.write("late", b"")

    with pytest.raises(RuntimeError, match="shutdown"):
        await asyncio.to_thread(asyncio.run, shut_down())
    assert disk.batches == []
