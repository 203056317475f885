"""Writes for all coroutines: what they ask together is committed together.

Where the database lets it be done at once, the event loop does it itself: to hand half a
millisecond's work to a thread and back costs each call more than the work, because the two take the
interpreter from one another at every file that they touch. Else one thread does it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import StorageError
from providers.storage.calls import CallOutcome
from providers.storage.ledger_requests import Request, Reservation, Result, Settlement, Waits

SHORTEST_PAUSE_SECONDS = 0.01
"""How soon a reservation that waits is tried again; each time without success twice as late."""

LONGEST_PAUSE_SECONDS = 0.5
"""How late at most."""

TIDY_COMMITS = 200
"""Commits at once between two times that the thread tidies up."""

_log = logging.getLogger(__name__)

Commit = Callable[[Sequence[Request], bool], list[Result]]
CommitAtOnce = Callable[[Sequence[Request]], list[Result] | None]


@dataclass(eq=False, slots=True)
class _Asked:
    request: Request
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[int]"

    @property
    def is_wanted(self) -> bool:
        """Whether to commit it: what a call cost is put down, whoever still waits for that."""
        return isinstance(self.request, Settlement) or not self.future.cancelled()


_Answer = tuple[_Asked, int | Exception]


class LedgerWriter:
    """Commits requests in the order they came, from any number of event loops.

    A reservation that waits is tried again with every batch and after a pause that grows; those
    that came later wait behind it, if the same limit holds them up.

    Args:
        commit: decides requests in one transaction; whether reservations whose time is over
            should be looked for. What it raises, every request in it is told.
        at_once: decides requests in one transaction if that needs no waiting; `None` where it
            does, and nothing was changed. Not used while the thread has work.
        tidy: called in the thread after every `TIDY_COMMITS` commits at once.
    """

    def __init__(
        self,
        commit: Commit,
        at_once: CommitAtOnce | None = None,
        tidy: Callable[[], None] | None = None,
    ) -> None:
        self._commit = commit
        self._at_once = at_once
        self._tidy = tidy
        self._untidy = 0
        self._changed = threading.Condition()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Asked]] = {}
        self._asked: list[_Asked] = []
        self._is_working = self._is_untidy = False
        self._thread: threading.Thread | None = None
        self._is_closing = False

    async def ask(self, request: Request) -> int:
        """Wait until a request is committed.

        Of a caller that is cancelled, a settlement is committed all the same; a reservation is not
        made, or taken back if it was committed already.

        Returns:
            The call's number.

        Raises:
            AppBuilderError: it was refused, or the database failed.
        """
        loop = asyncio.get_running_loop()
        asked = _Asked(request, loop, loop.create_future())
        if self._at_once is None:
            self._put(asked)
        else:
            self._gather(asked)
        return await asked.future

    def close(self) -> None:
        """Commit what was asked, refuse what still waits, and end the thread."""
        with self._changed:
            gathered = [asked for several in self._gathered.values() for asked in several]
            self._gathered.clear()
        if gathered:
            self._put(*gathered)
        with self._changed:
            thread, self._is_closing = self._thread, True
            self._changed.notify()
        if thread:
            thread.join()

    def _gather(self, asked: _Asked) -> None:
        with self._changed:
            several = self._gathered.setdefault(asked.loop, [])
            several.append(asked)
        if len(several) == 1:
            # Only when everything else that is ready has run: it may ask for something, too.
            asked.loop.call_soon(self._commit_gathered, asked.loop)

    def _commit_gathered(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the event loop: commit what was asked, or have the thread do it."""
        with self._changed:
            gathered = self._gathered.pop(loop, [])
            is_free = not (self._is_working or self._asked)
        wanted = [asked for asked in gathered if asked.is_wanted]
        results = self._results_at_once(wanted) if wanted and is_free else None
        if results is None:
            self._put(*wanted)
            return
        answers, waiting = _parted(wanted, results)
        self._deliver(answers)
        self._put(*waiting)

    def _results_at_once(self, wanted: Sequence[_Asked]) -> list[Result] | None:
        if self._at_once is None:
            return None
        results = self._at_once([asked.request for asked in wanted])
        self._untidy += results is not None
        if self._untidy >= TIDY_COMMITS:
            self._untidy = 0
            self._put(is_untidy=True)
        return results

    def _put(self, *several: _Asked, is_untidy: bool = False) -> None:
        if not (several or is_untidy):
            return
        with self._changed:
            self._asked += several
            self._is_untidy |= is_untidy
            if self._thread is None:
                self._is_closing = False
                self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _take(self, pause: float | None) -> list[_Asked] | None:
        """What was asked meanwhile; nothing after a pause; `None` when it is time to end."""
        with self._changed:
            self._is_working = pause is not None
            self._changed.wait_for(
                lambda: self._asked or self._is_untidy or self._is_closing, pause
            )
            if self._is_closing and not self._asked:
                self._thread = None
                self._is_working = False
                return None
            self._is_working = bool(self._asked) or pause is not None
            taken, self._asked = self._asked, []
            return taken

    def _work(self) -> None:
        waiting: list[_Asked] = []
        pause = SHORTEST_PAUSE_SECONDS
        while (taken := self._take(pause if waiting else None)) is not None:
            self._tidy_up()
            together = [asked for asked in (*waiting, *taken) if asked.is_wanted]
            answers, still = self._decide(together, expire=bool(waiting))
            self._send(answers)
            moved = bool(taken) or len(still) < len(waiting)
            pause = SHORTEST_PAUSE_SECONDS if moved else min(2 * pause, LONGEST_PAUSE_SECONDS)
            waiting = still
        closed = StorageError("usage ledger: it was closed while a call waited for money")
        self._send([(asked, closed) for asked in waiting])

    def _decide(
        self, together: Sequence[_Asked], *, expire: bool
    ) -> tuple[list[_Answer], list[_Asked]]:
        if not together:
            return [], []
        try:
            results = self._commit([asked.request for asked in together], expire)
        except Exception as error:
            return [(asked, error) for asked in together], []
        return _parted(together, results)

    def _tidy_up(self) -> None:
        with self._changed:
            is_untidy, self._is_untidy = self._is_untidy, False
        if is_untidy and self._tidy is not None:
            self._tidy()

    def _send(self, answers: Sequence[_Answer]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
        for answer in answers:
            by_loop.setdefault(answer[0].loop, []).append(answer)
        for loop, parts in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._deliver, parts)
            except RuntimeError:  # the loop was closed, so nobody waits any more
                continue

    def _deliver(self, answers: Sequence[_Answer]) -> None:
        """In the event loop: wake the callers."""
        for asked, result in answers:
            if not asked.future.cancelled():
                if isinstance(result, int):
                    asked.future.set_result(result)
                else:
                    asked.future.set_exception(result)
            elif isinstance(asked.request, Settlement) and isinstance(result, Exception):
                _log.warning("nobody waits any more to be told: %s", result)
            elif isinstance(asked.request, Reservation) and isinstance(result, int):
                self._take_back(asked.loop, result)

    def _take_back(self, loop: asyncio.AbstractEventLoop, call_id: int) -> None:
        """Release the reservation of a caller that was cancelled before it knew of it.

        Should this fail, the reservation expires in its time.
        """
        release = Settlement(
            call_id, CallOutcome.FAILED, error_class=asyncio.CancelledError.__name__
        )
        self._put(_Asked(release, loop, loop.create_future()))


def _parted(
    together: Sequence[_Asked], results: Sequence[Result]
) -> tuple[list[_Answer], list[_Asked]]:
    """Those that are answered, and those that wait."""
    answers: list[_Answer] = []
    waiting: list[_Asked] = []
    for asked, result in zip(together, results, strict=True):
        if isinstance(result, Waits):
            waiting.append(asked)
        else:
            answers.append((asked, result))
    return answers, waiting
