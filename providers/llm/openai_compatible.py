"""Providers that speak OpenAI's chat completions format, at any base URL."""

from collections.abc import Mapping

from providers.llm.answer_reading import WireReader
from providers.llm.catalogue import ModelRow
from providers.llm.http_provider import HttpProvider, WireRequest
from providers.llm.openai_wire import CompletionReader, request_body
from providers.llm.provider import LLMRequest
from providers.llm.wire_errors import Caller


class OpenAICompatibleProvider(HttpProvider):
    """Chat completions of OpenAI, and of everybody who answers in their format."""

    def write(self, request: LLMRequest, model: ModelRow) -> WireRequest:
        """What to post to `/chat/completions`."""
        row = self._row
        body = request_body(request, model, stream=row.streams, stream_usage=row.stream_usage)
        return WireRequest("/chat/completions", body)

    def reader(self, model: ModelRow, headers: Mapping[str, str], caller: Caller) -> WireReader:
        """A reader of completions."""
        return CompletionReader(headers, caller)
