"""Keeps what a slow source of secrets said, and asks it again in the background."""

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import NoReturn

from core.errors import AppBuilderError
from core.secrets import SecretSource

FRESH_SECONDS = 60.0
"""How long an answer is given without asking again; so long a rotated key may go unnoticed."""

_log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """One answer; `None` is one too.

    Attributes:
        asked: when its source was asked, by the monotonic clock.
        refreshing: whether a thread is asking again.
    """

    value: str | None = field(repr=False)
    asked: float
    refreshing: bool = False


class CachedSecrets:
    """A `RefreshableSecrets` over a source that takes its time.

    The first lookup of a name waits for the source. Later ones are answered at once with what it
    said last; once that is older than `fresh_seconds`, a thread asks again meanwhile. While the
    source cannot be asked, the last answer stays, and a warning is logged. Errors are not kept.

    Values stay in this process: an object with some cannot be pickled, and shows none.

    Args:
        source: asked in the calling thread, or in one of its own with the caller's context.
        fresh_seconds: how long an answer is given without asking again.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        source: SecretSource,
        *,
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"CachedSecrets({self._source!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets stay in their process: CachedSecrets cannot be pickled")

    def places(self, name: str) -> tuple[str, ...]:
        """Where the source looks."""
        return self._source.places(name)

    def get(self, name: str) -> str | None:
        """The secret as the source knows it, or knew it at most a moment ago.

        Raises:
            ConfigurationError, StorageError: as the source, at a first lookup only.
        """
        with self._lock:
            kept = self._kept.get(name)
            stale = kept is not None and self._clock() - kept.asked >= self._fresh_seconds
            if kept is not None and stale and not kept.refreshing:
                kept.refreshing = True
                self._ask_again(name)
        return self.refresh(name) if kept is None else kept.value

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
