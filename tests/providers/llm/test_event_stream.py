"""The data of server-sent events."""

from hypothesis import given
from hypothesis import strategies as st

from providers.llm.event_stream import EventStream


def data_of(*lines: str, groups_of: int = 1) -> list[str]:
    events = EventStream()
    groups = [lines[start : start + groups_of] for start in range(0, len(lines), groups_of)]
    return [*(data for group in groups for data in events.data_of(group)), *events.end()]


def test_reads_the_data_of_each_event() -> None:
    assert data_of("data: a", "", "data:b", "", "", "data:  c", "") == ["a", "b", " c"]


def test_skips_comments_and_other_fields() -> None:
    lines = (": PROCESSING", "", "event: message", "id: 7", "data: a", "retry: 5", "", "data", "")
    assert data_of(*lines) == ["a", ""]


def test_lines_of_one_event_are_joined() -> None:
    assert data_of('data: {"a":', "data: 1}", "") == ['{"a":\n1}']


def test_the_last_event_may_end_with_the_stream() -> None:
    assert data_of("data: a", "", "data: [DONE]") == ["a", "[DONE]"]


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n")), max_size=8),
    st.integers(1, 9),
)
def test_any_data_comes_out_as_it_went_in(events: list[str], groups_of: int) -> None:
    lines = [line for event in events for line in (f"data: {event}", ": ping", "")]
    assert data_of(*lines, groups_of=groups_of) == events
