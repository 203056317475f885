"""A request whose key is refused is sent once more, if there is another key by now."""

from collections.abc import Iterator

import httpx
import pytest

from core.errors import RequestRefusedError
from providers.llm.api_key import ApiKey
from providers.llm.http_client import HttpClient
from providers.llm.http_provider import HttpProvider
from providers.llm.pool import PROVIDER_CLASSES
from tests.providers.llm.wire_samples import KEY, REQUEST, SAMPLES, TEXT, Sample, whole

ROTATED = "sk-rotated-0123456789"
WRONG_AT_GOOGLE = {
    "error": {
        "code": 400,
        "message": "API key not valid. Please pass a valid API key.",
        "status": "INVALID_ARGUMENT",
        "details": [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}],
    }
}

every_protocol = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


class Rotated:
    """A source that gives one key after the other, then the last for ever."""

    def __init__(self, *keys: str) -> None:
        self._keys: Iterator[str] = iter(keys)
        self._last = ""

    def places(self, name: str) -> tuple[str, ...]:
        return (name,)

    def get(self, name: str) -> str | None:
        assert name == "ACME_API_KEY"
        self._last = next(self._keys, self._last)
        return self._last


class Server:
    """Takes one key, and refuses all others."""

    def __init__(self, sample: Sample, refusal: httpx.Response) -> None:
        self.sample = sample
        self.refusal = refusal
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        known = any(ROTATED in value for value in request.headers.values())
        return whole(self.sample.whole) if known else self.refusal

    def provider(self, *keys: str) -> HttpProvider:
        row = self.sample.row()
        return PROVIDER_CLASSES[row.protocol](
            row,
            api_key=ApiKey(Rotated(*keys), row.key_variable),
            client=HttpClient(transport=httpx.MockTransport(self)),
        )


@every_protocol
async def test_the_request_is_sent_once_more_with_another_key(sample: Sample) -> None:
    server = Server(sample, httpx.Response(401, text="wrong key"))
    assert (await server.provider(KEY, ROTATED).complete(REQUEST)).content == TEXT
    first, second = server.requests
    assert first.content == second.content


@every_protocol
async def test_the_same_key_is_not_sent_again(sample: Sample) -> None:
    server = Server(sample, httpx.Response(401, text=f"wrong key {KEY}"))
    with pytest.raises(RequestRefusedError, match=r"HTTP 401: wrong key \[key\]") as caught:
        await server.provider(KEY).complete(REQUEST)
    assert len(server.requests) == 1
    assert caught.value.provider == "acme"


@every_protocol
async def test_a_request_is_sent_twice_at_most(sample: Sample) -> None:
    server = Server(sample, httpx.Response(401, text="wrong key"))
    with pytest.raises(RequestRefusedError, match="HTTP 401: wrong key"):
        await server.provider("sk-one", "sk-two", "sk-three").complete(REQUEST)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("protocol", "refusal", "requests"),
    [
        ("openai-compatible", httpx.Response(403, text="moderated"), 1),
        ("anthropic", httpx.Response(403, text="permission_error"), 2),
        ("huggingface", httpx.Response(403, text="insufficient permissions"), 2),
        ("gemini", httpx.Response(403, text="PERMISSION_DENIED"), 2),
        ("gemini", httpx.Response(400, json=WRONG_AT_GOOGLE), 2),
        ("gemini", httpx.Response(400, text="the prompt is wrong"), 1),
        ("anthropic", httpx.Response(400, json=WRONG_AT_GOOGLE), 1),
    ],
)
async def test_what_says_that_the_key_is_wrong_differs_by_vendor(
    protocol: str, refusal: httpx.Response, requests: int
) -> None:
    samples = [each for each in SAMPLES.values() if each.protocol == protocol]
    assert samples
    for sample in samples:
        server = Server(sample, refusal)
        with pytest.raises(RequestRefusedError):
            await server.provider("sk-one", "sk-two").complete(REQUEST)
        assert len(server.requests) == requests
