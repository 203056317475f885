"""The span of one request to a model."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from core.errors import ProviderBusyError
from core.tracing import AttributeValue, Span, SpanKind, traced_by
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.llm.traced import TracedProvider
from providers.storage.calls import CallIdentity
from tests.providers.llm.scripted import ScriptedProvider

CALL = CallIdentity(
    build_id="b-1",
    project_id="b",
    user="u",
    stage="2",
    template="normalizer",
    provider="gemini",
    model="big",
    prompt_digest="d",
)
REQUEST = LLMRequest(
    model="wire-big",
    system="Be strict.",
    messages=(Message(role="user", content="Look at it."),),
    max_tokens=4_096,
    temperature=0.2,
)
ANSWER = LLMResponse(
    content="All is well.",
    input_tokens=12,
    cached_input_tokens=5,
    output_tokens=3,
    provider="gemini",
    model="big-2026",
    finish_reason="length",
)


class OneSpan:
    """A tracer and its only span."""

    trace_id = "t"

    def __init__(self) -> None:
        self.name = ""
        self.kind = ""
        self.attributes: dict[str, Any] = {}
        self.error = ""

    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, AttributeValue], kind: SpanKind
    ) -> Generator[Span]:
        assert not self.name
        self.name, self.kind = name, kind
        self.attributes.update(attributes)
        try:
            yield self
        except BaseException as error:
            self.error = type(error).__name__
            raise

    def set(self, attributes: Mapping[str, AttributeValue]) -> None:
        self.attributes.update(attributes)


async def asked(*outcomes: Any, base_url: str = "", request: LLMRequest = REQUEST) -> OneSpan:
    tracer = OneSpan()
    traced = TracedProvider(ScriptedProvider("first", iter(outcomes)), CALL, base_url)
    with traced_by(tracer):
        await traced.complete(request)
    return tracer


async def test_it_says_what_was_asked_and_what_was_answered() -> None:
    span = await asked(ANSWER)
    assert (span.name, span.kind) == ("chat wire-big", "client")
    assert span.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "wire-big",
        "gen_ai.request.max_tokens": 4_096,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.output.type": "text",
        "gen_ai.response.model": "big-2026",
        "gen_ai.response.finish_reasons": ("length",),
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 5,
        "app_builder.template": "normalizer",
    }


@pytest.mark.parametrize(
    ("base_url", "address", "port"),
    [
        ("https://models.example/v1", "models.example", 443),
        ("http://models.example", "models.example", 80),
        ("http://me:secret@127.0.0.1:8080/v1", "127.0.0.1", 8080),
    ],
)
async def test_the_address_is_told_without_what_else_the_url_holds(
    base_url: str, address: str, port: int
) -> None:
    told = (await asked(ANSWER, base_url=base_url)).attributes
    assert (told["server.address"], told["server.port"]) == (address, port)
    assert not any("secret" in str(value) for value in told.values())


async def test_a_question_for_json_says_so() -> None:
    request = REQUEST.model_copy(update={"json_schema": {"type": "object"}})
    assert (await asked(ANSWER, request=request)).attributes["gen_ai.output.type"] == "json"


async def test_a_failure_passes_through_the_span() -> None:
    tracer = OneSpan()
    traced = TracedProvider(ScriptedProvider("first", iter([ProviderBusyError("later")])), CALL, "")
    with traced_by(tracer), pytest.raises(ProviderBusyError, match="later"):
        await traced.complete(REQUEST)
    assert tracer.error == "ProviderBusyError"
    assert traced.name == "first"
