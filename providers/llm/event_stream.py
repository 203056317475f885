"""Server-sent events: the data of each event, from the lines of a stream."""

from collections.abc import Iterable, Iterator

MEDIA_TYPE = "text/event-stream"


class EventStream:
    """Gathers the lines of a stream's events; comments and other fields are skipped."""

    def __init__(self) -> None:
        self._gathered: list[str] = []

    def data_of(self, lines: Iterable[str]) -> Iterator[str]:
        """The data of every event that has any and ends with one of these lines, an empty one."""
        gathered = self._gathered
        for line in lines:
            if not line:
                if gathered:
                    data = gathered[0] if len(gathered) == 1 else "\n".join(gathered)
                    gathered.clear()
                    yield data
            elif line.startswith("data:"):
                gathered.append(line[6:] if line.startswith("data: ") else line[5:])
            elif line == "data":
                gathered.append("")

    def end(self) -> Iterator[str]:
        """The data of the event that ends with the stream: some servers leave out the last line."""
        return self.data_of([""])
