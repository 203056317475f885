"""One good answer in each protocol, whole and streamed, and providers over a faked transport."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from providers.llm.catalogue import ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.http_provider import HttpProvider
from providers.llm.pool import PROVIDER_CLASSES
from providers.llm.provider import LLMRequest, LLMResponse, Message
from tests.providers.llm.api_keys import api_key

KEY = "sk-secret-0123456789"
TEXT = 'Grüße, "world" 👋'
MODEL = {"name": "small", "wire_id": "acme-small", "structured_output": "json_schema"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"title": {"type": "string", "description": "Its name."}},
    "required": ["title"],
    "additionalProperties": False,
}
REQUEST = LLMRequest(
    model="acme-small",
    system="Be brief.",
    messages=(
        Message(role="user", content="Q"),
        Message(role="assistant", content="A"),
        Message(role="user", content="Again"),
    ),
    max_tokens=77,
    temperature=0.2,
)
STRUCTURED = REQUEST.model_copy(update={"schema_name": "Reply", "json_schema": SCHEMA})
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Sample:
    """A protocol's way to say `TEXT`, with 9 tokens of prompt and 4 of answer.

    Attributes:
        protocol: name in the catalogue.
        models: what differs from `MODEL` in the row's model.
        path: of the request that asks for a stream.
        whole_path: of the one that does not.
        models_path: where the models are listed.
        whole: the body of the whole answer.
        events: data of the events of the streamed one.
        half: how many of the events make half an answer.
        counts_whole_prompt: whether a whole answer counts the tokens of the prompt.
    """

    protocol: str
    path: str
    whole_path: str
    models_path: str
    whole: Any
    events: tuple[Any, ...]
    half: int
    model: dict[str, Any]
    counts_whole_prompt: bool = True

    def row(self, **change: object) -> ProviderRow:
        """A row of the catalogue for it."""
        return ProviderRow.model_validate(
            {
                "name": "acme",
                "protocol": self.protocol,
                "base_url": "https://acme.test",
                "key_variable": "ACME_API_KEY",
                "models": [{**MODEL, **self.model}],
                **change,
            }
        )

    def provider(
        self, handler: Handler, *, key: str | None = KEY, **change: object
    ) -> HttpProvider:
        """A provider of this protocol that `handler` answers."""
        row = self.row(**change)
        client = HttpClient(transport=httpx.MockTransport(handler))
        return PROVIDER_CLASSES[row.protocol](row, api_key=api_key(key), client=client)

    async def ask(
        self, response: httpx.Response | Exception, request: LLMRequest = REQUEST
    ) -> LLMResponse:
        """What a response is read as."""

        def handler(_: httpx.Request) -> httpx.Response:
            if isinstance(response, Exception):
                raise response
            return response

        return await self.provider(handler).complete(request)


def body_of(request: httpx.Request) -> Any:
    """The JSON that a request carries."""
    return json.loads(request.content)


def whole(body: Any, **headers: str) -> httpx.Response:
    """A response in one piece."""
    return httpx.Response(200, json=body, headers=headers)


def stream(*events: Any) -> httpx.Response:
    """A streamed response; texts are sent as they stand, others as JSON."""
    data = (event if isinstance(event, str) else json.dumps(event) for event in events)
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    return httpx.Response(200, headers=headers, text="".join(f"data: {one}\n\n" for one in data))


def _delta(content: str, finish_reason: str | None = None) -> dict[str, Any]:
    return {
        "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}]
    }


def _candidate(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    ending = {"finishReason": finish_reason} if finish_reason else {}
    return {"candidates": [{"index": 0, "content": content, **ending}]}


def _token(text: str) -> dict[str, Any]:
    token = {"id": 1, "text": text, "logprob": -0.5, "special": False}
    return {"index": 1, "token": token, "generated_text": None, "details": None}


_CHAT_USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
_GEMINI_END = {
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 1},
    "modelVersion": "acme-small-2",
    "responseId": "r1",
}
_CHAT: dict[str, Any] = {
    "whole": {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "acme-small-2",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": TEXT},
                "finish_reason": "stop",
            }
        ],
        "usage": _CHAT_USAGE,
    },
    "events": (
        _delta(TEXT[:4]),
        _delta(TEXT[4:]),
        _delta("", "stop"),
        {"model": "acme-small-2", "choices": [], "usage": _CHAT_USAGE},
        "[DONE]",
    ),
    "half": 2,
}
CHAT = Sample(
    protocol="openai-compatible",
    path="/chat/completions",
    whole_path="/chat/completions",
    models_path="/models",
    model={},
    **_CHAT,
)
HUGGING_FACE_CHAT = Sample(
    protocol="huggingface",
    path="/v1/chat/completions",
    whole_path="/v1/chat/completions",
    models_path="/v1/models",
    model={},
    **_CHAT,
)
HUGGING_FACE_GENERATION = Sample(
    protocol="huggingface",
    path="/hf-inference/models/acme-small",
    whole_path="/hf-inference/models/acme-small",
    models_path="/v1/models",
    model={"prompt_format": "chatml"},
    whole=[
        {
            "generated_text": TEXT,
            "details": {
                "finish_reason": "eos_token",
                "generated_tokens": 4,
                "seed": None,
                "prefill": [],
                "tokens": [],
            },
        }
    ],
    events=(
        _token(TEXT[:4]),
        _token(TEXT[4:]),
        {
            "index": 3,
            "token": {"id": 2, "text": "<|im_end|>", "logprob": 0.0, "special": True},
            "generated_text": TEXT,
            "details": {
                "finish_reason": "eos_token",
                "generated_tokens": 4,
                "input_length": 9,
                "seed": None,
            },
        },
    ),
    half=2,
    counts_whole_prompt=False,
)
ANTHROPIC = Sample(
    protocol="anthropic",
    path="/v1/messages",
    whole_path="/v1/messages",
    models_path="/v1/models",
    model={},
    whole={
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "acme-small-2",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "text", "text": TEXT},
        ],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 4},
    },
    events=(
        {
            "type": "message_start",
            "message": {
                "id": "m1",
                "type": "message",
                "role": "assistant",
                "model": "acme-small-2",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 1},
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": piece},
            }
            for piece in (TEXT[:4], TEXT[4:])
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 4},
        },
        {"type": "message_stop"},
    ),
    half=4,
)
GEMINI = Sample(
    protocol="gemini",
    path="/models/acme-small:streamGenerateContent?alt=sse",
    whole_path="/models/acme-small:generateContent",
    models_path="/models",
    model={},
    whole={**_candidate(TEXT, "STOP"), **_GEMINI_END},
    events=(_candidate(TEXT[:4]), _candidate(TEXT[4:]), {**_candidate("", "STOP"), **_GEMINI_END}),
    half=2,
)
SAMPLES = {
    "openai-compatible": CHAT,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "huggingface-chat": HUGGING_FACE_CHAT,
    "huggingface-generation": HUGGING_FACE_GENERATION,
}
