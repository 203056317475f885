"""What we send and what a vendor's own SDK sends for the same call, side by side.

The SDKs are built on httpx2, our client on httpx; both are recorded at the transport. Requests of
an SDK that only look something up (GET) are answered and left out.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import httpx2

from providers.llm.catalogue import ModelTraits, ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.pool import PROVIDER_CLASSES
from providers.llm.provider import LLMRequest, LLMResponse
from tests.docs.tables import catalogue
from tests.providers.llm.api_keys import api_key
from tests.providers.llm.wire_samples import Sample

KEY = "hf_0123456789"


@dataclass(frozen=True)
class Sent:
    """A request as it left."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any

    def has(self, *names: str) -> dict[str, str | None]:
        """The values of some headers."""
        return {name: self.headers.get(name) for name in names}


@dataclass
class Recorder:
    """Answers an SDK with a sample, and keeps what the SDK sent.

    Attributes:
        sample: how the vendor answers.
        lookup: what look-ups are answered with.
        sent: every request but look-ups.
    """

    sample: Sample
    lookup: dict[str, Any] = field(default_factory=dict[str, Any])
    sent: list[Sent] = field(default_factory=list[Sent])

    def client(self) -> httpx2.Client:
        """A client for the SDK."""
        return httpx2.Client(transport=httpx2.MockTransport(self._answer))

    @property
    def only(self) -> Sent:
        """The one request that was sent."""
        [sent] = self.sent
        return sent

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            status = 200 if "/api/models/" in request.url.path else 404
            return httpx2.Response(status, json=self.lookup)
        body = json.loads(request.content)
        self.sent.append(Sent(request.method, str(request.url), dict(request.headers), body))
        streamed = body.get("stream") or "stream" in request.url.path.lower()
        status, headers, content = _response(self.sample, streamed=streamed)
        return httpx2.Response(status, headers=headers, content=content)


def ours(
    provider: str, sample: Sample, request: LLMRequest, *, streams: bool = True, **model: Any
) -> tuple[Sent, LLMResponse]:
    """What we send, and make of the answer, with a row as it is shipped.

    Args:
        provider: name of the row in the catalogue.
        sample: how the vendor answers.
        request: what is asked.
        streams: whether the row allows streams.
        model: traits that every model of the row is given.
    """
    sent: list[Sent] = []

    def answer(received: httpx.Request) -> httpx.Response:
        body = json.loads(received.content)
        sent.append(Sent(received.method, str(received.url), dict(received.headers), body))
        status, headers, content = _response(sample, streamed=streams)
        return httpx.Response(status, headers=headers, content=content)

    row = catalogue()[provider]
    models = tuple(one.model_copy(update=model) for one in row.models)
    row = row.model_copy(
        update={
            "streams": streams,
            "models": models,
            "others": _usual_traits(row).model_copy(update=model),
        }
    )

    async def ask() -> LLMResponse:
        async with HttpClient(transport=httpx.MockTransport(answer)) as client:
            speaker = PROVIDER_CLASSES[row.protocol](row, api_key=api_key(KEY), client=client)
            return await speaker.complete(request)

    response = asyncio.run(ask())
    [one] = sent
    return one, response


def assert_same(mine: Sent, theirs: Sent, *headers: str) -> None:
    """Method, URL, these headers and every field of the body are the same."""
    headers = (*headers, "content-type", "authorization")
    assert (mine.method, mine.url) == (theirs.method, theirs.url)
    assert mine.has(*headers) == theirs.has(*headers)
    assert mine.body == theirs.body


def _response(sample: Sample, *, streamed: bool) -> tuple[int, dict[str, str], bytes]:
    if not streamed:
        body = json.dumps(sample.whole).encode()
        return 200, {"Content-Type": "application/json"}, body
    events = [event if isinstance(event, str) else json.dumps(event) for event in sample.events]
    named = [(_name(event), data) for event, data in zip(sample.events, events, strict=True)]
    text = "".join(f"{name}data: {data}\n\n" for name, data in named)
    return 200, {"Content-Type": "text/event-stream"}, text.encode()


def _name(event: Any) -> str:
    """Anthropic names its events beside their data."""
    return f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""


def _usual_traits(row: ProviderRow) -> ModelTraits:
    """What the provider's own models can do; the row says nothing of models it does not list."""
    listed = sorted(row.models, key=lambda model: not model.temperature)
    usual = listed[0] if listed else row.others
    return ModelTraits.model_validate(
        {name: getattr(usual, name) for name in ModelTraits.model_fields}
    )
