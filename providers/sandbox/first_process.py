"""The first process of a box, whose end is the end of every process inside.

bwrap itself ends as soon as its command does, while the kernel may still be killing what the
command left behind. A handle on the first process tells when all of it is gone; to have one before
anything inside can end, bwrap says its number and waits for us.
"""

import asyncio
import json
import os
from contextlib import ExitStack
from typing import IO

from core.errors import SandboxError

_START_SECONDS = 30.0


class FirstProcess:
    """Finds the first process of one box, and waits for its end.

    Args:
        stack: closes what this opens.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._information, self._tell = _pipe(stack)
        self._gate, self._release = _pipe(stack)
        self._handle: int | None = None
        self.number: int | None = None
        """Its process id on this machine, once it was found."""

    @property
    def tell_descriptor(self) -> int:
        """Where bwrap writes the number, as its `--info-fd`."""
        return self._tell.fileno()

    @property
    def gate_descriptor(self) -> int:
        """Where the box waits for us, as its `--block-fd`."""
        return self._gate.fileno()

    async def find(self) -> None:
        """Take a handle on the process and let the box go on; call this once bwrap is started.

        There is no such process when the box could not be set up.

        Raises:
            SandboxError: bwrap does not answer, or this system gives out no handles.
        """
        self._tell.close()
        self._gate.close()
        try:
            async with asyncio.timeout(_START_SECONDS):
                said = await asyncio.to_thread(self._information.read)
            if said:
                number = int(json.loads(said)["child-pid"])
                self._handle = os.pidfd_open(number)
                self._stack.callback(os.close, self._handle)
                self.number = number
        except ProcessLookupError:
            pass  # the set-up failed, which bwrap reports; nothing passes the gate before it
        except (TimeoutError, ValueError, KeyError, OSError) as error:
            raise SandboxError(f"a box was not started: {error!r}") from error
        self._release.close()

    async def end(self) -> None:
        """Wait until the process, and with it every process in the box, is gone."""
        if self._handle is None:
            return
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._handle, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(self._handle)


def _pipe(stack: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    read_end, write_end = os.pipe()
    return (
        stack.enter_context(os.fdopen(read_end, "rb")),
        stack.enter_context(os.fdopen(write_end, "wb")),
    )
