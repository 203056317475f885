"""A process beside this one, for work that would keep the event loop from everything else.

Threads do not help there: what computes in Python holds the interpreter, in whatever thread it is.
`multiprocessing` and what builds on it load the main module anew in each process, which for a
build is all of Prefect, and bring each result through two more threads.

The process ends when its input does, so it outlives the build by no more than the piece it is at.
"""

import asyncio
import logging
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from core.attempt_clock import waiting
from core.errors import SideProcessError
from providers import side_worker
from providers.side_worker import LENGTH, READY, framed, outcome

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_SECONDS = 60.0
"""Longest time of the processor for one piece of work; what takes longer ends its process."""

_START_SECONDS = 60.0
_GRACE_SECONDS = 60.0
"""How long after a piece's longest time, by the clock, a process that does nothing is ended."""

_ENDING_SECONDS = 5.0
_TRIES = 2
_TOO_LONG = signal.SIGPROF.name
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Job:
    """One piece of work.

    Attributes:
        given: its arguments.
        frame: these as they are sent.
        answer: where its result goes.
        tries: how many processes have ended over it.
    """

    given: tuple[Any, Any]
    frame: bytes
    answer: asyncio.Future[Any]
    tries: int = 0

    def done(self, well: bool, result: Any) -> None:
        """Tell whoever waits, if anybody still does."""
        if self.answer.done():
            return
        if well:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(result)


class SideProcess(Generic[P, T]):
    """Does work in a process of its own, piece by piece in the order it is asked for.

    To be entered in the event loop that asks. The process is started when it is first needed, and
    again where it ended; a piece over which two processes ended, or one that takes too long, is
    given up, and the others go on. Where no process starts, the work is done in this one.

    Args:
        work: what it does; a function of a module or an object of one's class, to be pickled.
            It is sent once, so that what it holds is not sent with each piece.
        longest: seconds of the processor that one piece may take.
    """

    def __init__(self, work: Callable[P, T], *, longest: float = LONGEST_SECONDS) -> None:
        self._work: Callable[..., T] = work
        self._longest = longest
        self._jobs: deque[_Job] = deque()
        self._some = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._starts = True
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "SideProcess[P, T]":
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            if self._keeper is not None:
                self._keeper.cancel()
                await asyncio.wait({self._keeper})  # unlike awaiting it, passes on our own end
        finally:
            for job in self._jobs:
                job.answer.cancel()

    def begin(self, *, after: float = 0.0) -> None:
        """Start the process, as there will be work soon.

        Args:
            after: so many seconds at the latest, or with the first piece of work: to start a
                process holds everything else up for some milliseconds.
        """
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(after), name="side process")

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one piece of work.

        Raises:
            SideProcessError: it took too long, or processes ended over it.
            Exception: what the work raised.
        """
        self.begin()
        if not self._starts:
            return self._work(*args, **kwargs)
        given = (args, kwargs)
        job = _Job(given, framed(given), asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._some.set()
        if self._process is not None:
            _send(self._process, job.frame)
        with waiting():  # mostly for the pieces before it
            return await job.answer

    async def _keep(self, after: float) -> None:
        """Keep a process at work; where none is to be had, do the work here."""
        with suppress(TimeoutError):
            async with asyncio.timeout(after):
                await self._some.wait()
        try:
            why = await self._keep_process()
        except Exception as error:  # nobody may be left waiting
            why = repr(error)
        _log.warning("No process works beside this one (%s): the work is done here", why)
        self._starts = False
        while self._jobs:
            job = self._jobs.popleft()
            if job.tries:  # what ended another process could end this one
                job.done(False, SideProcessError("ended its process"))
            elif not job.answer.done():
                job.done(*outcome(self._work, *job.given))

    async def _keep_process(self) -> str:
        """Start a process, and again when it ended; says why, when none starts."""
        given = framed(_search_path()) + framed((self._work, self._longest))
        while True:
            process = await _started(given)
            try:
                if is_ready := await _is_ready(process):
                    for job in self._jobs:
                        _send(process, job.frame)
                    self._process = process
                    await self._bring_answers(process)
            finally:
                self._process = None
                ended = await _end(process)
            if not is_ready:
                return ended
            self._blame(ended)

    async def _bring_answers(self, process: asyncio.subprocess.Process) -> None:
        """Hand out answers until the process ends, or does not end a piece."""
        with suppress(EOFError, TimeoutError):
            while True:
                if not self._jobs:
                    self._some.clear()
                    await self._some.wait()
                async with asyncio.timeout(self._longest + _GRACE_SECONDS):
                    well, result = await _read(process)
                self._jobs.popleft().done(well, result)

    def _blame(self, ended: str) -> None:
        """Give the piece up that was worked at, if it is not worth another try."""
        if not self._jobs:
            return
        job = self._jobs[0]
        job.tries += 1
        if ended == _TOO_LONG:
            error = SideProcessError(f"took more than {self._longest:g} s of the processor")
        elif job.tries == _TRIES:
            error = SideProcessError(f"ended its process ({ended}), {job.tries} times")
        else:
            return
        self._jobs.popleft().done(False, error)


def _search_path() -> list[str]:
    """Where modules are found here, however this process was started."""
    return [entry or os.getcwd() for entry in sys.path]  # noqa: PTH109 -- as `sys.path` has it


async def _started(given: bytes) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", side_worker.__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Keys and settings are nothing it needs.
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
        # Of its own, so that Ctrl-C does not end it before the build.
        start_new_session=True,
    )
    _send(process, given)
    return process


async def _is_ready(process: asyncio.subprocess.Process) -> bool:
    try:
        async with asyncio.timeout(_START_SECONDS):
            return await _read(process) == READY
    except (EOFError, TimeoutError):
        return False


async def _read(process: asyncio.subprocess.Process) -> Any:
    if process.stdout is None:
        raise EOFError
    try:
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        data = await process.stdout.readexactly(length)
    except asyncio.IncompleteReadError:
        with suppress(TimeoutError):  # how it ends by itself is worth knowing
            async with asyncio.timeout(_ENDING_SECONDS):
                await process.wait()
        raise EOFError from None
    return pickle.loads(data)  # noqa: S301 -- our own process wrote it


def _send(process: asyncio.subprocess.Process, frame: bytes) -> None:
    # Not waited for: what is under way at a time is little. What does not arrive is sent again.
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(frame)


async def _end(process: asyncio.subprocess.Process) -> str:
    """End a process, and say how it ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it may have ended by itself
            process.kill()
    code = await process.wait()
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
