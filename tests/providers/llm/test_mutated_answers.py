"""Whatever a provider answers, it is read or one of our own errors comes out.

Good answers are damaged: values replaced by others or taken out, events lost, doubled and in
disorder, bytes cut and put in, under any status and content type.
"""

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ModelError
from providers.llm.provider import LLMResponse
from tests.providers.llm.wire_samples import KEY, SAMPLES, Sample

MUTATED_ANSWERS = int(os.environ.get("MUTATED_ANSWERS", "250"))
"""Of each protocol; `make test-fuzz` asks for 100,000 in all, and for others each time."""

LONGEST_MESSAGE = 1_000
WORDS = ("error", "message", "code", "status", "type", "details", "finish_reason", KEY)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**15, max_value=10**40)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from((*WORDS, 429, 500, "refusal", "SAFETY", "error", "overloaded", "[DONE]")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
STATUSES = st.sampled_from((200, 200, 200, 200, 204, 302, 400, 401, 422, 424, 429, 500, 503, 529))
CONTENT_TYPES = st.sampled_from(("text/event-stream", "application/json", "text/html", ""))
SPLICES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), max_size=3
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a value."""
    yield path
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- any JSON
    elif isinstance(value, list):
        inside = enumerate(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] -- any JSON
    for key, part in inside:
        yield from places(part, (*path, key))


@st.composite
def mutated_values(draw: st.DrawFn, value: Any) -> Any:
    """A value with some of its parts replaced or taken out."""
    value = deepcopy(value)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(places(value))))
        if not path:
            return draw(VALUES)
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        if draw(st.booleans()):
            holder[path[-1]] = draw(VALUES)
        else:
            del holder[path[-1]]
    return value


@st.composite
def bodies(draw: st.DrawFn, sample: Sample) -> bytes:
    """A damaged body, whole or streamed."""
    if draw(st.booleans()):
        body = json.dumps(draw(mutated_values(sample.whole)))
    else:
        events = [draw(mutated_values(event)) for event in sample.events]
        order = draw(st.just(range(len(events))) | st.lists(st.integers(0, len(events) - 1)))
        data = [event if isinstance(event, str) else json.dumps(event) for event in events]
        body = "".join(f"data: {data[place]}\n\n" for place in order)
    damaged = body.encode(errors="surrogatepass")
    for place, length, put_in in draw(SPLICES):
        start = int(place * len(damaged))
        damaged = damaged[:start] + put_in + damaged[start + length :]
    return damaged


async def outcome_of(sample: Sample, response: httpx.Response) -> LLMResponse | ModelError:
    """What a response is read as, or the error it means."""
    try:
        return await sample.ask(response)
    except ModelError as error:
        return error


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
@settings(
    max_examples=MUTATED_ANSWERS,
    deadline=None,
    derandomize="MUTATED_ANSWERS" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
async def test_only_our_own_errors_come_out(sample: Sample, data: st.DataObject) -> None:
    content = data.draw(bodies(sample))
    status, kind = data.draw(STATUSES), {"Content-Type": data.draw(CONTENT_TYPES)}
    outcome = await outcome_of(sample, httpx.Response(status, content=content, headers=kind))

    if isinstance(outcome, LLMResponse):
        assert status < 300
        return
    said = str(outcome)
    assert said.startswith("acme/small: ")
    assert KEY not in said
    assert len(said) <= LONGEST_MESSAGE
