"""The client against real sockets: reuse, dead connections, hangs, cut and oversized bodies."""

import asyncio
import gzip
import time

import httpx
import pytest

from core.errors import ProviderBusyError, ProviderFailedError
from providers.llm import answer_reading, http_client, http_provider, http_sending
from providers.llm.http_client import HttpClient, call_seconds
from tests.providers.llm.wire_server import (
    REQUEST,
    STREAM_HEAD,
    WHOLE,
    Reply,
    Server,
    ask,
    chunk,
    event,
    local,
    plain,
    raw,
    read_lines,
    serving,
)


def test_the_time_of_a_call_grows_with_the_tokens_asked_for() -> None:
    assert call_seconds(1) < call_seconds(8_192) < call_seconds(65_536)
    assert 60 < call_seconds(8_192) < 900


async def test_one_connection_serves_many_calls() -> None:
    streamed = raw(
        STREAM_HEAD,
        event("Hel"),
        event("lo", "stop"),
        chunk(b"data: [DONE]\n\n"),
        b"0\r\n\r\n",
        keep=True,
    )
    async with serving(plain(WHOLE), streamed, plain(WHOLE), streamed) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            for _ in range(4):
                assert (await provider.complete(REQUEST)).content == "Hello"
        assert (server.requests, server.connections) == (4, 1)


async def test_a_dead_kept_connection_is_noticed_and_the_call_sent_again() -> None:
    gone = raw()  # reads the second request on the kept connection, then closes it
    async with serving(plain(WHOLE), gone, plain(WHOLE)) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            await provider.complete(REQUEST)
            assert (await provider.complete(REQUEST)).content == "Hello"
        assert (server.requests, server.connections) == (3, 2)


async def test_a_call_is_sent_again_only_once() -> None:
    async with serving(plain(WHOLE), raw()) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            await provider.complete(REQUEST)
            with pytest.raises(ProviderFailedError, match="disconnected without sending"):
                await provider.complete(REQUEST)
        assert server.requests == 3


async def test_a_kept_connection_that_dies_while_the_model_works_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_sending, "STALE_SECONDS", 0.1)
    async with serving(plain(WHOLE), raw(0.4), plain(WHOLE)) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            await provider.complete(REQUEST)
            with pytest.raises(ProviderFailedError, match="disconnected without sending"):
                await provider.complete(REQUEST)
        assert server.requests == 2, "the server took the request, and was asked only once"


async def test_a_kept_connection_that_answers_what_is_not_http_is_not_tried_again() -> None:
    mail = raw(b"220 mail.example ESMTP\r\n\r\n")
    async with serving(plain(WHOLE), mail, plain(WHOLE)) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            await provider.complete(REQUEST)
            with pytest.raises(ProviderFailedError, match="connection broke"):
                await provider.complete(REQUEST)
        assert server.requests == 2


async def test_a_new_connection_that_dies_is_not_tried_again() -> None:
    async with serving(raw()) as server:
        with pytest.raises(ProviderFailedError, match="disconnected without sending"):
            await ask(server)
        assert server.requests == 1


async def test_a_kept_connection_that_dies_after_the_answer_began_is_not_tried_again() -> None:
    async with serving(plain(WHOLE), raw(STREAM_HEAD, event("Hel"))) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            await provider.complete(REQUEST)
            with pytest.raises(ProviderFailedError, match="connection broke"):
                await provider.complete(REQUEST)
        assert server.requests == 2


async def test_a_refused_connection_is_a_busy_provider() -> None:
    async with serving(plain(WHOLE)) as server:
        pass
    with pytest.raises(ProviderBusyError, match="local/m: the connection was refused"):
        await ask(server)


async def test_an_unknown_host_is_not() -> None:
    async with HttpClient() as client:
        with pytest.raises(ProviderFailedError, match="cannot connect"):
            await read_lines(client, "http://no-such-host.invalid/")


async def test_a_server_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_provider, "THINKING_SECONDS", 0.2)
    async with serving(raw(30.0)) as server:
        started = time.perf_counter()
        with pytest.raises(ProviderFailedError, match=r"no answer began within 0.2 s"):
            await ask(server)
        assert time.perf_counter() - started < 5


async def test_a_model_that_thinks_longer_than_the_idle_time_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_reading, "IDLE_SECONDS", 0.2)
    role = chunk(b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n')
    reply = raw(0.4, STREAM_HEAD, role, 0.4, event("Hello", "stop"), b"0\r\n\r\n")
    async with serving(reply) as server:
        assert (await ask(server)).content == "Hello"


async def test_silence_within_an_answer_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_reading, "IDLE_SECONDS", 0.2)
    async with serving(raw(STREAM_HEAD, event("Hel"), 30.0)) as server:
        with pytest.raises(ProviderFailedError, match=r"went silent for 0.2 s"):
            await ask(server)


async def test_an_answer_that_drips_in_for_ever_ends_with_the_total_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_provider, "call_seconds", lambda _: 0.5)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType] -- a number whatever is asked
    drip = [part for _ in range(200) for part in (event("x"), 0.05)]
    async with serving(raw(STREAM_HEAD, *drip)) as server:
        with pytest.raises(ProviderFailedError, match=r"no whole answer within 0.5 s"):
            await ask(server)


async def test_an_answer_that_is_not_streamed_is_bound_by_the_total_time_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_reading, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(http_provider, "THINKING_SECONDS", 0.1)
    slow = raw(0.3, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(WHOLE), 0.3, WHOLE)
    async with serving(slow) as server:
        assert (await ask(server, streams=False)).content == "Hello"


@pytest.mark.parametrize(
    "reply",
    [
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + WHOLE),
        raw(STREAM_HEAD, event("Hel")),
        raw(STREAM_HEAD, event("Hel"), b"0\r\n\r\n"),
        raw(STREAM_HEAD, chunk(b'data: {"choices": [{"delta": {"cont'), b"0\r\n\r\n"),
        raw(STREAM_HEAD, event("Hel"), b"zz\r\nno chunk\r\n"),
        raw(STREAM_HEAD, chunk(b"data: \xff\xfe\n\n"), b"0\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
        raw(b"220 mail.example ESMTP\r\n"),
        plain(b"not gzip", headers=b"Content-Encoding: gzip\r\n"),
    ],
    ids=[
        "short body", "cut stream", "stream ends early", "event cut", "bad chunk", "not text",
        "cut head", "not HTTP", "not gzip",
    ],
)  # fmt: skip
async def test_a_cut_or_garbled_answer_is_the_providers_failure(reply: Reply) -> None:
    async with serving(reply) as server:
        with pytest.raises(ProviderFailedError, match="local/m: "):
            await ask(server)


async def test_50_mb_are_not_read_to_the_end() -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> bool:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
        for _ in range(800):
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536
        return False

    async with serving(flood) as server:
        with pytest.raises(ProviderFailedError, match="larger than 16777216 bytes"):
            await ask(server)
    assert sent < 40_000_000


async def test_a_line_without_end_and_a_small_body_that_unpacks_to_much_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "MAX_BODY_BYTES", 1_000_000)
    endless = raw(STREAM_HEAD, *[chunk(b"x" * 65_536)] * 20)
    bomb = plain(gzip.compress(b" " * 2_000_000), headers=b"Content-Encoding: gzip\r\n")
    for reply in (endless, bomb):
        async with serving(reply) as server:
            with pytest.raises(ProviderFailedError, match="larger than 1000000 bytes"):
                await ask(server)


async def test_an_error_page_is_read_only_at_its_beginning() -> None:
    page = raw(b"HTTP/1.1 500 Oops\r\nContent-Length: 52428800\r\n\r\n", *[b"y" * 65_536] * 3, 30.0)
    async with serving(page) as server:
        with pytest.raises(ProviderFailedError, match="HTTP 500: yyy"):
            await ask(server)


async def test_lines_come_out_whole_however_the_bytes_are_cut() -> None:
    text = b"data: \xc3\xa9\r\n\ndata: two\n" * 3 + b"last"
    pieces = [chunk(text[start : start + 1]) for start in range(len(text))]
    async with serving(raw(STREAM_HEAD, *pieces, b"0\r\n\r\n")) as server, HttpClient() as client:
        lines = await read_lines(client, f"http://127.0.0.1:{server.port}/")
    assert lines == ["data: é", "", "data: two"] * 3 + ["last"]


@pytest.mark.parametrize("rest", [[30.0], [0.05, b"zz\r\nno chunk"]], ids=["open", "garbled"])
async def test_an_answer_that_is_done_is_not_lost_to_what_follows(
    rest: list[bytes | float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "DRAIN_SECONDS", 0.2)
    done = chunk(b"data: [DONE]\n\n")
    async with serving(raw(STREAM_HEAD, event("Hello", "stop"), done, *rest)) as server:
        assert (await ask(server)).content == "Hello"


async def test_no_more_calls_are_under_way_than_there_are_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "MAX_CONNECTIONS", 50)

    async def slowly(writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.1)
        return await plain(WHOLE)(writer)

    async with serving(slowly) as server:
        async with HttpClient() as client:
            provider = local(server, client)
            answers = await asyncio.gather(*(provider.complete(REQUEST) for _ in range(120)))
        assert len(answers) == 120
        assert server.most_at_once == 50
        assert server.connections == 50


async def test_a_cancelled_call_gives_its_place_back() -> None:
    asked = asyncio.Event()

    async def hang(_: asyncio.StreamWriter) -> bool:
        asked.set()
        await asyncio.sleep(30)
        return False

    async with serving(hang, plain(WHOLE)) as server, HttpClient() as client:
        provider = local(server, client)
        task = asyncio.create_task(provider.complete(REQUEST))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await provider.complete(REQUEST)).content == "Hello"


async def test_health_check_of_a_hanging_server_takes_a_few_seconds_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_provider, "HEALTH_CHECK_SECONDS", 0.2)
    async with serving(raw(30.0)) as server, HttpClient() as client:
        started = time.perf_counter()
        found = await local(server, client).health_check()
        assert found.reason.endswith("no answer within 0.2 s")
        assert found.providers_fault
        assert time.perf_counter() - started < 3
        assert server.paths == ["/v1/models"]


async def test_a_server_without_tls_is_a_failure_to_connect() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(greet, "127.0.0.1", 0) as listening,
        HttpClient() as client,
    ):
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(ProviderFailedError, match="cannot connect"):
            await read_lines(client, f"https://127.0.0.1:{port}/")


async def test_an_injected_transport_is_used() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=WHOLE))
    async with HttpClient(transport=transport) as client:
        answer = await local(Server([]), client).complete(REQUEST)
    assert answer.content == "Hello"
