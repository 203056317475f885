"""The builds that have series of their own: the newest ones, and never too many."""

from datetime import datetime, timedelta
from typing import NamedTuple

from providers.storage.ledger_forgetting import FORGOTTEN
from providers.storage.ledger_tail import EndedCall


class _Heard(NamedTuple):
    project: str
    user: str
    at: datetime


class RecentBuilds:
    """Remembers which builds made calls last.

    Args:
        days: a build is forgotten so long after its last call.
        most: so many builds are remembered.
    """

    def __init__(self, *, days: int, most: int) -> None:
        self._age = timedelta(days=days)
        self._most = most
        self._heard: dict[str, _Heard] = {}

    def heard(self, call: EndedCall) -> None:
        """A call of a build ended; calls come in the order of their beginning."""
        if call.project_id == FORGOTTEN:
            return
        self._heard.pop(call.build_id, None)
        self._heard[call.build_id] = _Heard(call.project_id, call.user, call.started_at)
        if len(self._heard) > self._most:
            del self._heard[next(iter(self._heard))]

    def ids(self, now: datetime) -> list[str]:
        """Those that are remembered at a time."""
        since = now - self._age
        self._heard = {build: heard for build, heard in self._heard.items() if heard.at >= since}
        return list(self._heard)

    def labels(self, build_id: str) -> tuple[str, str, str]:
        """Build, project and user of one that is remembered."""
        heard = self._heard[build_id]
        return (build_id, heard.project, heard.user)
