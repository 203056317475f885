"""What a side process runs: one piece of work after the other, until nobody asks for more.

It is started by its path and knows nothing of the project, so that all it loads comes from where
the parent has its modules: `sys.path` is the first thing it is told. Then it is given the work and
how many seconds a piece may take, says that it is ready, and reads `(arguments, keywords)`, to
which it answers `(whether it went well, result or error)`; all pickled, behind its length.

A piece that takes longer ends the process by SIGPROF, by which the parent knows it. The time is
the processor's, and kept here: a machine that is busy or asleep blames nobody, and a piece ends
where there is no parent any more.
"""

import os
import pickle
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")
READY = "ready"


def framed(content: Any) -> bytes:
    """Content as it is sent.

    Raises:
        Exception: it cannot be pickled, or not read again.
    """
    data = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


def outcome(work: Callable[..., Any], args: Any, kwargs: Any) -> tuple[bool, Any]:
    """Whether work went well, and its result or its error, which can be raised anywhere."""
    try:
        return True, work(*args, **kwargs)
    except ValueError as error:  # says all there is to say
        return False, _portable(error)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return False, _portable(error)


def _portable(error: Exception) -> Exception:
    told = RuntimeError(f"{type(error).__name__}: {error}")
    if isinstance(error, StopIteration):  # which no coroutine may raise
        return told
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 -- pickled here
    except Exception:
        return told
    return error


def main() -> None:
    """Work until the input ends."""
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed is no answer
    with suppress(EOFError, BrokenPipeError):  # nobody is left to work for
        sys.path[:] = _received(asked)
        work, longest = _received(asked)
        _answer(answers, framed(READY))
        while True:
            args, kwargs = _received(asked)
            signal.setitimer(signal.ITIMER_PROF, longest)
            answer = _framed_outcome(work, args, kwargs)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _answer(answers, answer)


def _framed_outcome(work: Callable[..., Any], args: Any, kwargs: Any) -> bytes:
    well, result = outcome(work, args, kwargs)
    try:
        return framed((well, result))
    except Exception as error:
        return framed((False, RuntimeError(f"the result cannot be sent: {error}")))


def _received(asked: BinaryIO) -> Any:
    (length,) = LENGTH.unpack(_exactly(asked, LENGTH.size))
    return pickle.loads(_exactly(asked, length))  # noqa: S301 -- the parent wrote it


def _exactly(asked: BinaryIO, length: int) -> bytes:
    data = asked.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _answer(answers: BinaryIO, frame: bytes) -> None:
    answers.write(frame)
    answers.flush()


if __name__ == "__main__":
    main()
