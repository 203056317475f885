"""A process beside this one, for work that would keep the event loop from everything else.

Threads do not help there: what computes in Python holds the interpreter, in whatever thread it is.
`multiprocessing` and what builds on it load the main module anew in each process, which for a
build is all of Prefect, and bring each result through two more threads.

The parent writes `(arguments, keywords)` and reads `(whether it went well, result or error)`, both
pickled behind their length. The process ends when its input does, so it never outlives the build.
"""

import asyncio
import logging
import os
import pickle
import signal
import struct
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Generic, ParamSpec, TypeVar

from core.errors import SideProcessError

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_SECONDS = 60.0
"""Longest time for one piece of work; what takes longer ends its process."""

_START_SECONDS = 60.0
_TRIES = 2
_LENGTH = struct.Struct(">I")
_READY = "ready"
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Job:
    """One piece of work.

    Attributes:
        frame: its arguments, as they are sent.
        answer: where its result goes.
        tries: how many processes have ended over it.
    """

    frame: bytes
    answer: asyncio.Future[Any]
    tries: int = 0


class SideProcess(Generic[P, T]):
    """Does work in a process of its own, piece by piece in the order it is asked for.

    To be entered in the event loop that asks. The process is started when it is first needed, and
    again where it ended; a piece over which two processes ended, or one that takes too long, is
    given up, and the others go on. Where no process starts, the work is done in this one.

    Args:
        work: what it does; a function of a module or an object of one's class, to be pickled.
            It is sent once, so that what it holds is not sent with each piece.
        longest: seconds one piece may take.
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
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        for job in self._jobs:
            job.answer.cancel()

    def begin(self) -> None:
        """Start the process now, as there will be work soon."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name="side process")

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do one piece of work.

        Raises:
            SideProcessError: it took too long, or processes ended over it.
            Exception: what the work raised.
        """
        self.begin()
        if not self._starts:
            return self._work(*args, **kwargs)
        job = _Job(_framed((args, kwargs)), asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._some.set()
        if self._process is not None:
            _send(self._process, job.frame)
        return await job.answer

    async def _keep(self) -> None:
        """Keep a process at work; where none is to be had, do the work here."""
        try:
            why = await self._keep_process()
        except Exception as error:  # nobody may be left waiting
            why = repr(error)
        _log.warning("No process works beside this one (%s): the work is done here", why)
        self._starts = False
        for job in self._jobs:
            self._do_here(job)
        self._jobs.clear()

    async def _keep_process(self) -> str:
        """Start a process, and again when it ended; says why, when none starts."""
        while True:
            process = await _started(self._work)
            slow = ""
            try:
                if is_ready := await _is_ready(process):
                    for job in self._jobs:
                        _send(process, job.frame)
                    self._process = process
                    slow = await self._bring_answers(process)
            finally:
                self._process = None
                ended = await _end(process)
            if not is_ready:
                return ended
            self._blame(slow or f"ended its process ({ended})", at_once=bool(slow))

    async def _bring_answers(self, process: asyncio.subprocess.Process) -> str:
        """Hand out answers until the process ends, or is too slow: then the text says so."""
        while True:
            if not self._jobs:
                self._some.clear()
                await self._some.wait()
            try:
                async with asyncio.timeout(self._longest):
                    well, result = await _read(process)
            except TimeoutError:
                return f"took longer than {self._longest:g} s"
            except EOFError:
                return ""
            answer = self._jobs.popleft().answer
            if answer.done():  # nobody waits for it any more
                continue
            if well:
                answer.set_result(result)
            else:
                answer.set_exception(result)

    def _blame(self, what: str, *, at_once: bool) -> None:
        """Give the piece up that was worked at, if it is not worth another try."""
        if not self._jobs:
            return
        job = self._jobs[0]
        job.tries += 1
        if not at_once and job.tries < _TRIES:
            return
        self._jobs.popleft()
        if not job.answer.done():
            times = "" if at_once else f", {job.tries} times"
            job.answer.set_exception(SideProcessError(f"{what}{times}"))

    def _do_here(self, job: _Job) -> None:
        if job.answer.done():
            return
        try:
            args, kwargs = pickle.loads(job.frame[_LENGTH.size :])  # noqa: S301 -- written above
            job.answer.set_result(self._work(*args, **kwargs))
        except Exception as error:
            job.answer.set_exception(error)


async def _started(work: Callable[..., Any]) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Modules are found where they are here; keys and settings are nothing it needs.
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "LC_ALL": "C.UTF-8",
        },
        # Of its own, so that Ctrl-C does not end it before the build.
        start_new_session=True,
    )
    _send(process, _framed(work))
    return process


async def _is_ready(process: asyncio.subprocess.Process) -> bool:
    try:
        async with asyncio.timeout(_START_SECONDS):
            return await _read(process) == _READY
    except (EOFError, TimeoutError):
        return False


async def _read(process: asyncio.subprocess.Process) -> Any:
    if process.stdout is None:
        raise EOFError
    try:
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        data = await process.stdout.readexactly(length)
    except asyncio.IncompleteReadError:
        raise EOFError from None
    return pickle.loads(data)  # noqa: S301 -- our own process wrote it


def _send(process: asyncio.subprocess.Process, frame: bytes) -> None:
    # Not waited for: what is under way at a time is little. What does not arrive is sent again.
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(frame)


async def _end(process: asyncio.subprocess.Process) -> str:
    """End a process, and say how it ended."""
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    code = await process.wait()
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _framed(content: Any) -> bytes:
    data = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def main() -> None:
    """Do what the parent asks for, until it asks no more."""
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed is no answer
    work = _received(asked)
    _answer(answers, _framed(_READY))
    with suppress(EOFError):
        while True:
            args, kwargs = _received(asked)
            _answer(answers, _outcome(work, args, kwargs))


def _outcome(work: Callable[..., Any], args: Any, kwargs: Any) -> bytes:
    try:
        return _framed((True, work(*args, **kwargs)))
    except Exception as error:
        return _framed((False, error))


def _received(asked: BinaryIO) -> Any:
    header = asked.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    return pickle.loads(asked.read(_LENGTH.unpack(header)[0]))  # noqa: S301 -- the parent wrote it


def _answer(answers: BinaryIO, frame: bytes) -> None:
    answers.write(frame)
    answers.flush()


if __name__ == "__main__":
    main()
