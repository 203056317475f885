"""The data of server-sent events."""

from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from providers.llm.event_stream import event_data


async def data_of(*lines: str) -> list[str]:
    async def stream() -> AsyncIterator[str]:
        for line in lines:
            yield line

    return [data async for data in event_data(stream())]


async def test_reads_the_data_of_each_event() -> None:
    assert await data_of("data: a", "", "data:b", "", "", "data:  c", "") == ["a", "b", " c"]


async def test_skips_comments_and_other_fields() -> None:
    lines = (": PROCESSING", "", "event: message", "id: 7", "data: a", "retry: 5", "", "data", "")
    assert await data_of(*lines) == ["a", ""]


async def test_lines_of_one_event_are_joined() -> None:
    assert await data_of('data: {"a":', "data: 1}", "") == ['{"a":\n1}']


async def test_the_last_event_may_end_with_the_stream() -> None:
    assert await data_of("data: a", "", "data: [DONE]") == ["a", "[DONE]"]


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n")), max_size=8))
async def test_any_data_comes_out_as_it_went_in(events: list[str]) -> None:
    lines = [line for event in events for line in (f"data: {event}", ": ping", "")]
    assert await data_of(*lines) == events
