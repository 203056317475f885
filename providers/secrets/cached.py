"""Keeps what a slow source of secrets said for a while, and asks it again."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import NoReturn

from core.errors import AppBuilderError
from core.secrets import NotAtHandError, SecretSource

FRESH_SECONDS = 60.0
"""How long an answer is given without asking again."""

OLD_SECONDS = 300.0
"""How old an answer may be that is given while the source is asked again in the background; so long
a rotated key may go unnoticed. After hours of idleness it would else be a key of hours ago."""

_log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """One answer; `None` is one too.

    Attributes:
        asked: when its source was asked last, by the monotonic clock.
        refreshing: whether a thread is asking again.
    """

    value: str | None = field(repr=False)
    asked: float
    refreshing: bool = False


class CachedSecrets:
    """A `RefreshableSecrets` over a source that takes its time.

    The first lookup of a name waits for the source. Later ones are answered at once with what it
    said last; once that is older than `fresh_seconds`, a thread asks again meanwhile, and once it
    is older than `old_seconds`, the lookup waits again. Lookups that wait for the same name at the
    same time wait for one answer. While the source cannot be asked, the last answer stays, and a
    warning is logged. Errors are not kept.

    Values stay in this process: an object with some cannot be pickled, and shows none.

    Args:
        source: asked in the calling thread, or in one of its own with the caller's context.
        fresh_seconds: how long an answer is given without asking again.
        old_seconds: how long it is given while the source is asked again.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        source: SecretSource,
        *,
        fresh_seconds: float = FRESH_SECONDS,
        old_seconds: float = OLD_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._fresh_seconds = fresh_seconds
        self._old_seconds = old_seconds
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._asking: dict[str, Future[str | None]] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"CachedSecrets({self._source!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets stay in their process: CachedSecrets cannot be pickled")

    def places(self, name: str) -> tuple[str, ...]:
        """Where the source looks."""
        return self._source.places(name)

    def at_hand(self, name: str) -> str | None:
        """The secret as the source knew it not long ago; the source is not waited for.

        Raises:
            NotAtHandError: it was never asked, or too long ago.
        """
        with self._lock:
            kept = self._kept.get(name)
            if kept is None:
                raise NotAtHandError(name)
            age = self._clock() - kept.asked
            if age >= max(self._old_seconds, self._fresh_seconds):
                raise NotAtHandError(name)
            if age >= self._fresh_seconds and not kept.refreshing:
                kept.refreshing = True
                self._ask_again(name)
            return kept.value

    def get(self, name: str) -> str | None:
        """The secret as the source knows it, or knew it not long ago.

        Raises:
            ConfigurationError, StorageError: as the source, at a first lookup only.
        """
        try:
            return self.at_hand(name)
        except NotAtHandError:
            return self._asked_together(name)

    def refresh(self, name: str) -> str | None:
        """Ask the source now, and keep what it says.

        Raises:
            ConfigurationError, StorageError: as the source; what was kept stays.
        """
        asked = self._clock()
        value = self._source.get(name)
        with self._lock:
            known = self._kept.get(name)
            # An answer that was long on its way must not replace a younger one.
            if known is None or known.asked <= asked:
                self._kept[name] = _Kept(value, asked)
        return value

    def _asked_together(self, name: str) -> str | None:
        """Ask the source, unless another thread is asking: then take its answer, or its error."""
        with self._lock:
            known = self._asking.get(name)
            asking = self._asking.setdefault(name, Future())
        if known is not None:
            return known.result()
        try:
            asking.set_result(self._asked(name))
        except BaseException as error:
            asking.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._asking[name]
        return asking.result()

    def _asked(self, name: str) -> str | None:
        try:
            return self.refresh(name)
        except AppBuilderError as error:
            with self._lock:
                kept = self._kept.get(name)
                if kept is None:
                    raise
                # The next attempt is due when this one is as old: a source that is down is slow.
                self._kept[name] = _Kept(kept.value, self._clock())
            _log.warning("%s keeps its last value: %s", name, error)
            return kept.value

    def _ask_again(self, name: str) -> None:
        # With the context of the caller: Prefect keeps there which server it talks to.
        context = copy_context()
        threading.Thread(
            target=context.run,
            args=(self._refresh_quietly, name),
            name=f"secret-{name}",
            daemon=True,
        ).start()

    def _refresh_quietly(self, name: str) -> None:
        try:
            self.refresh(name)
        except AppBuilderError as error:
            _log.warning("%s keeps its last value: %s", name, error)
        finally:
            with self._lock:
                kept = self._kept[name]
                if kept.refreshing:  # it failed: the next attempt is due when this one is as old
                    self._kept[name] = _Kept(kept.value, self._clock())
