"""Reads Prefect's events as they come in, each of them once."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta

from prefect.client.orchestration import PrefectClient
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventOrder
from prefect.events.schemas.events import Event

OVERLAP = timedelta(minutes=5)
"""How late an event may come in: it goes a way through queues, and clocks of machines differ."""

_AHEAD = timedelta(minutes=10)
_PAGE = 50


class EventFeed:
    """Follows the events from a moment on.

    Args:
        names: of the events that are wanted.
        start: earlier events are not read.
    """

    def __init__(self, names: Collection[str], start: datetime) -> None:
        self._names = list(names)
        self._start = start
        self._newest = start
        self._known: dict[str, datetime] = {}

    async def read(self, client: PrefectClient) -> AsyncIterator[Event]:
        """The events that came in since the last reading, oldest first.

        Args:
            client: of the server. What it raises is raised on; an event that was given out is not
                given out again.
        """
        since = max(self._start, self._newest - OVERLAP)
        self._known = {number: at for number, at in self._known.items() if at >= since}
        until = datetime.now(self._start.tzinfo) + _AHEAD
        wanted = EventFilter(
            occurred=EventOccurredFilter.model_validate({"since": since, "until": until}),
            event=EventNameFilter(name=self._names),
            order=EventOrder.ASC,
        )
        page = await client.read_events(wanted, limit=_PAGE)
        while True:
            for event in page.events:
                if str(event.id) in self._known:
                    continue
                self._known[str(event.id)] = event.occurred
                self._newest = max(self._newest, event.occurred)
                yield event
            if page.next_page is None:
                return
            page = await client.read_events_page(str(page.next_page))
