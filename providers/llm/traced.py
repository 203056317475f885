"""Opens a span around each request to a model.

Names are those of OpenTelemetry's conventions for generative AI:
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. Prompts and answers are left out,
which they allow, and so is whatever else people or models wrote.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from core.tracing import AttributeValue, span
from providers.llm.provider import Answerer, LLMRequest, LLMResponse
from providers.storage.calls import CallIdentity

_PROVIDERS = {"gemini": "gcp.gemini"}
"""What the conventions call providers that have another name here."""

_PORTS = {"http": 80, "https": 443}


class TracedProvider:
    """Wraps a provider for one caller: each request is a span of its own.

    It belongs around the provider itself, so that no wait for a turn is counted.

    Args:
        inner: makes the calls.
        call: who calls, and about what.
        base_url: where the provider answers; empty where it needs no address.
    """

    def __init__(self, inner: Answerer, call: CallIdentity, base_url: str) -> None:
        self._inner = inner
        self._call = call
        self._base_url = base_url

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            AppBuilderError: as the wrapped provider.
        """
        with span(f"chat {request.model}", self._asked(request), "client") as call:
            response = await self._inner.complete(request)
            call.set(_answered(response))
            return response

    def _asked(self, request: LLMRequest) -> Mapping[str, AttributeValue]:
        name = self._call.provider
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": _PROVIDERS.get(name, name),
            "gen_ai.request.model": request.model,
            "gen_ai.request.max_tokens": request.max_tokens,
            "gen_ai.request.temperature": request.temperature,
            "gen_ai.output.type": "text" if request.json_schema is None else "json",
            "app_builder.template": self._call.template,
            **_address(self._base_url),
        }


def _address(base_url: str) -> dict[str, AttributeValue]:
    parts = urlsplit(base_url)
    if not parts.hostname:
        return {}
    return {
        "server.address": parts.hostname,
        "server.port": parts.port or _PORTS.get(parts.scheme, 0),
    }


def _answered(response: LLMResponse) -> Mapping[str, AttributeValue]:
    return {
        "gen_ai.response.model": response.model,
        "gen_ai.response.finish_reasons": (response.finish_reason,),
        "gen_ai.usage.input_tokens": response.input_tokens,
        "gen_ai.usage.output_tokens": response.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": response.cached_input_tokens,
    }
