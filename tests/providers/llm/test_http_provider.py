"""What every protocol over HTTP does alike: paths, streams, failures, keys, sizes, health."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from core.errors import (
    ConfigurationError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from providers.llm import http_client
from tests.providers.llm.wire_samples import (
    KEY,
    MODEL,
    REQUEST,
    SAMPLES,
    TEXT,
    Sample,
    body_of,
    stream,
    whole,
)

every_protocol = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


@every_protocol
async def test_asks_for_a_stream_where_the_row_allows_it(sample: Sample) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return whole(sample.whole)

    await sample.provider(handler).complete(REQUEST)
    await sample.provider(handler, streams=False).complete(REQUEST)
    assert [request.method for request in seen] == ["POST", "POST"]
    paths = [request.url.raw_path.decode() for request in seen]
    assert paths == [sample.path, sample.whole_path]
    assert KEY in str(seen[0].headers.values())
    assert KEY not in str(seen[0].url)


@every_protocol
async def test_reads_a_whole_answer(sample: Sample) -> None:
    answer = await sample.ask(whole(sample.whole))
    assert (answer.content, answer.finish_reason, answer.provider) == (TEXT, "stop", "acme")
    assert answer.input_tokens == (9 if sample.counts_whole_prompt else 0)
    assert answer.output_tokens == 4
    assert answer.latency_seconds > 0


@every_protocol
async def test_reads_a_stream(sample: Sample) -> None:
    answer = await sample.ask(stream(*sample.events))
    assert (answer.content, answer.finish_reason) == (TEXT, "stop")
    assert (answer.input_tokens, answer.output_tokens) == (9, 4)


@every_protocol
@pytest.mark.parametrize("cut", ["half", "nothing"])
async def test_a_cut_stream_is_no_answer(sample: Sample, cut: str) -> None:
    events = sample.events[: sample.half] if cut == "half" else ()
    with pytest.raises(ProviderFailedError, match="the stream ended in the middle"):
        await sample.ask(stream(*events))


@every_protocol
async def test_a_stream_that_breaks_off_within_an_event_is_no_answer(sample: Sample) -> None:
    event = json.dumps(sample.events[0])
    with pytest.raises(ProviderFailedError, match="malformed answer"):
        await sample.ask(stream(event[: len(event) // 2]))


@every_protocol
async def test_a_connection_that_breaks_within_a_stream_is_no_answer(sample: Sample) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield stream(*sample.events[: sample.half]).content
        raise httpx.ReadError("reset by peer")

    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=broken())
    with pytest.raises(ProviderFailedError, match=r"the connection broke .*reset by peer"):
        await sample.ask(response)


@every_protocol
@pytest.mark.parametrize(
    ("response", "error_type", "problem"),
    [
        (httpx.Response(200, text="<html>"), ProviderFailedError, "malformed answer"),
        (httpx.Response(200, json={}), ProviderFailedError, "malformed answer: it holds no"),
        (httpx.Response(200, json=[]), ProviderFailedError, "malformed answer"),
        (httpx.Response(204), ProviderFailedError, "malformed answer"),
        (stream("{"), ProviderFailedError, "malformed answer"),
        (httpx.Response(200, json={"error": "boom"}), ProviderFailedError, "reports: boom"),
        (httpx.Response(307, headers={"Location": "/v2"}), RequestRefusedError, "redirect"),
        (httpx.Response(400, text="prompt is too long"), RequestRefusedError, "too long"),
        (httpx.Response(401, text=f"bad {KEY}"), RequestRefusedError, r"bad \[key\] .*the key"),
        (httpx.Response(403), RequestRefusedError, "HTTP 403"),
        (httpx.Response(404), RequestRefusedError, "HTTP 404 .*the model's name"),
        (httpx.Response(413), RequestRefusedError, "the prompt is too long"),
        (httpx.Response(429), ProviderBusyError, "HTTP 429"),
        (httpx.Response(500, text="boom"), ProviderFailedError, "HTTP 500: boom"),
        (httpx.Response(503), ProviderBusyError, "HTTP 503"),
        (httpx.Response(529), ProviderBusyError, "HTTP 529"),
        (httpx.ReadTimeout("slow"), ProviderFailedError, "ReadTimeout: slow"),
    ],
)
async def test_each_failure_has_its_error(
    sample: Sample,
    response: httpx.Response | Exception,
    error_type: type[ModelError],
    problem: str,
) -> None:
    with pytest.raises(error_type, match=problem) as caught:
        await sample.ask(response)
    assert str(caught.value).startswith("acme/small: ")
    assert (caught.value.provider, caught.value.model) == ("acme", "small")
    assert KEY not in str(caught.value)


@every_protocol
async def test_a_busy_provider_says_how_long_to_wait(sample: Sample) -> None:
    body = {"error": {"message": "slow down"}}
    with pytest.raises(ProviderBusyError, match="slow down") as caught:
        await sample.ask(httpx.Response(429, headers={"Retry-After": "17"}, json=body))
    assert caught.value.retry_after == 17


@every_protocol
@pytest.mark.parametrize("kind", ["whole", "stream"])
async def test_a_body_without_end_is_left(
    sample: Sample, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "MAX_BODY_BYTES", 50_000)
    response = whole(sample.whole) if kind == "whole" else stream(*sample.events[: sample.half])
    response = httpx.Response(
        200, headers=response.headers, content=response.content + b" " * 50_000
    )
    with pytest.raises(ProviderFailedError, match="larger than 50000 bytes"):
        await sample.ask(response)


@every_protocol
async def test_adds_what_the_row_adds(sample: Sample) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert body_of(request)["thinking"] == {"type": "disabled"}
        return whole(sample.whole)

    model = {**MODEL, **sample.model, "extra_body": {"thinking": {"type": "disabled"}}}
    await sample.provider(handler, models=[model]).complete(REQUEST)


@every_protocol
async def test_leaves_a_temperature_out_that_the_model_refuses(sample: Sample) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "temperature" not in request.content.decode()
        return whole(sample.whole)

    model = {**MODEL, **sample.model, "temperature": False}
    await sample.provider(handler, models=[model]).complete(REQUEST)


@every_protocol
async def test_a_key_is_needed_and_must_be_one(sample: Sample) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise AssertionError("sent")

    with pytest.raises(ConfigurationError, match="'acme' has no key; set ACME_API_KEY"):
        await sample.provider(handler, key=None).complete(REQUEST)
    with pytest.raises(ConfigurationError, match="ACME_API_KEY holds characters") as caught:
        await sample.provider(handler, key="sk-se\ncret").complete(REQUEST)
    assert "sk-" not in str(caught.value)
    assert KEY not in repr(sample.provider(handler))


@every_protocol
@pytest.mark.parametrize(
    ("status", "well"),
    [
        (200, True),
        (404, True),
        (429, True),
        (301, False),
        (401, False),
        (402, False),
        (403, False),
        (418, False),
        (500, False),
        (503, False),
    ],
)
async def test_health_is_whether_it_answers_and_takes_our_key(
    sample: Sample, status: int, well: bool
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", sample.models_path)
        assert KEY in str(request.headers.values())
        return httpx.Response(status, json={"data": []})

    found = await sample.provider(handler).health_check()
    assert found.well is well
    assert found.seconds >= 0
    assert found.providers_fault is (status >= 500)
    assert bool(found.reason) is not well
    assert KEY not in found.reason


@every_protocol
@pytest.mark.parametrize("body", [b"<html>Sign in to the network</html>", b"", b"[" * 100_000])
async def test_a_page_that_lists_no_models_is_not_health(sample: Sample, body: bytes) -> None:
    found = await sample.provider(lambda _: httpx.Response(200, content=body)).health_check()
    assert not found.well
    assert "its list of models is not JSON" in found.reason
    assert "check the base URL" in found.reason


async def test_a_sick_provider_is_told_as_a_call_would_be() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(402, json={"error": {"message": "Insufficient Balance"}})

    found = await SAMPLES["openai-compatible"].provider(handler).health_check()
    assert "HTTP 402: Insufficient Balance (the account has no credit left)" in found.reason
