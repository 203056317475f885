"""Each protocol over real sockets, where a server breaks in ways no imitation of a vendor does."""

import json
from typing import Any

import pytest

from core.errors import ModelError, ProviderBusyError, ProviderFailedError
from providers.llm.http_client import HttpClient
from providers.llm.pool import PROVIDER_CLASSES
from providers.llm.provider import LLMResponse
from tests.providers.llm.api_keys import api_key
from tests.providers.llm.wire_samples import KEY, REQUEST, SAMPLES, TEXT, Sample
from tests.providers.llm.wire_server import STREAM_HEAD, Reply, chunk, plain, raw, serving

every_protocol = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
END = b"0\r\n\r\n"


async def answer_to(sample: Sample, *replies: Reply, streams: bool = True) -> LLMResponse:
    """What a protocol makes of the last reply, of one client and one connection if it is kept."""
    async with serving(*replies) as server, HttpClient() as client:
        row = sample.row(base_url=f"http://127.0.0.1:{server.port}", streams=streams)
        provider = PROVIDER_CLASSES[row.protocol](row, api_key=api_key(KEY), client=client)
        for _ in replies[:-1]:
            await provider.complete(REQUEST)
        return await provider.complete(REQUEST)


async def failure(sample: Sample, reply: Reply, *, streams: bool = True) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await answer_to(sample, reply, streams=streams)
    assert str(caught.value).startswith("acme/small: ")
    assert KEY not in str(caught.value)
    return caught.value


def whole(sample: Sample) -> bytes:
    return json.dumps(sample.whole).encode()


def events(sample: Sample, until: int | None = None) -> bytes:
    return b"".join(map(event, sample.events[:until]))


def event(data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return chunk(f"data: {text}\n\n".encode())


@every_protocol
async def test_answers_of_both_kinds_come_over_one_connection(sample: Sample) -> None:
    streamed = raw(STREAM_HEAD, events(sample), END, keep=True)
    answer = await answer_to(sample, streamed, plain(whole(sample)), streamed)
    assert (answer.content, answer.output_tokens) == (TEXT, 4)


@every_protocol
async def test_a_body_that_is_cut_off_is_the_providers_failure(sample: Sample) -> None:
    body = whole(sample)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    error = await failure(sample, raw(head % len(body) + body[:-9]), streams=False)
    assert type(error) is ProviderFailedError
    assert "the connection broke" in str(error)


@every_protocol
async def test_a_body_cut_off_where_nothing_says_its_length_is_too(sample: Sample) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    error = await failure(sample, raw(head + whole(sample)[:-9]), streams=False)
    assert type(error) is ProviderFailedError
    assert "malformed answer" in str(error)


@every_protocol
async def test_a_stream_that_ends_well_but_early_is_no_answer(sample: Sample) -> None:
    error = await failure(sample, raw(STREAM_HEAD, events(sample, sample.half), END))
    assert type(error) is ProviderFailedError
    assert "the stream ended in the middle of the answer" in str(error)


@every_protocol
async def test_a_stream_with_an_event_that_is_no_json_is_no_answer(sample: Sample) -> None:
    broken = raw(STREAM_HEAD, events(sample, 1), event('{"malformed'), END)
    error = await failure(sample, broken)
    assert type(error) is ProviderFailedError
    assert "malformed answer" in str(error)


@every_protocol
async def test_an_answer_that_is_whole_is_not_lost_when_the_connection_breaks(
    sample: Sample,
) -> None:
    broken = raw(STREAM_HEAD, events(sample))  # closed without the end of the chunks
    if sample.protocol == "gemini":  # only the end of its stream says that the answer is whole
        assert type(await failure(sample, broken)) is ProviderFailedError
    else:
        assert (await answer_to(sample, broken)).content == TEXT


@every_protocol
async def test_a_server_that_is_not_there_is_busy(sample: Sample) -> None:
    async with serving(plain(b"")) as server:
        pass
    row = sample.row(base_url=f"http://127.0.0.1:{server.port}")
    async with HttpClient() as client:
        provider = PROVIDER_CLASSES[row.protocol](row, api_key=api_key(KEY), client=client)
        with pytest.raises(ProviderBusyError, match="the connection was refused"):
            await provider.complete(REQUEST)
