"""Server-sent events: the data of each event, from the lines of a stream."""

from collections.abc import AsyncGenerator, AsyncIterable

MEDIA_TYPE = "text/event-stream"


async def event_data(lines: AsyncIterable[str]) -> AsyncGenerator[str]:
    """The data of every event that has any; comments and other fields are skipped.

    An event ends with an empty line, or with the stream: some servers leave the last one out.
    """
    gathered: list[str] = []
    async for line in lines:
        field, _, value = line.partition(":")
        if not line and gathered:
            yield "\n".join(gathered)
            gathered.clear()
        elif field == "data":
            gathered.append(value.removeprefix(" "))
    if gathered:
        yield "\n".join(gathered)
