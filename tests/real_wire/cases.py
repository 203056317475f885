"""What the imitation answers to which message, and the calls that ask for it.

Each case has a name, and the user's turn that asks for it holds the name.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from providers.llm.provider import LLMRequest, Message

KEY = "sk-wire-0123456789"
_LINE = 'Grüße, "world" 👋\n'
TEXT = _LINE * 20
# The imitation cuts text between UTF-16 units; whole lines keep it from cutting a character in two,
# which leaves JSON that is none.
_PIECE = len(_LINE.encode("utf-16-le")) // 2
STRUCTURED_ANSWER = {"title": "Grüße", "tags": ["a", "b"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["title", "tags"],
    "additionalProperties": False,
}
INPUT_TOKENS, OUTPUT_TOKENS = 21, 7
WAIT_SECONDS = 17
WAIT_UNTIL = timedelta(hours=1)
FIFTY_MB = 50 * 1024 * 1024
_LONG_MS = 30_000


def request(case: str, *, structured: bool = False) -> LLMRequest:
    """The call that asks for a case."""
    return LLMRequest(
        model="imitated-1",
        system="Be brief.",
        messages=(Message(role="user", content=f"Please do [{case}]."),),
        max_tokens=50,
        schema_name="Reply" if structured else "",
        json_schema=SCHEMA if structured else None,
    )


def fixtures() -> Iterator[dict[str, Any]]:
    """Every case, in the imitation's own format."""
    usage = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS}
    said = {"content": TEXT, "usage": usage}
    yield _case("answer", said)
    yield _case("cut off", {**said, "finishReason": "length"})
    yield _case("structured", {"content": STRUCTURED_ANSWER, "usage": usage})
    yield _case("refused", _error(400, f"max_tokens is wrong; your key is {KEY}"))
    yield _case("wait", _error(429, "slow down", retryAfter=WAIT_SECONDS))
    until = format_datetime(datetime.now(UTC) + WAIT_UNTIL, usegmt=True)
    yield _case("wait until", _error(429, "slow down", retryAfter=until))
    yield _case("overloaded", _error(529, "overloaded", type="overloaded_error"))
    yield _case("broken", _error(500, "boom", type="api_error"))
    yield _case("malformed", said, chaos={"malformedRate": 1})
    yield _case("disconnect before", said, chaos={"disconnectRate": 1})
    yield _case("disconnect amid", said, latency=50, disconnectAfterMs=320)
    yield _case("cut stream", said, truncateAfterChunks=6)
    yield _case("hang", said, chaos={"latencyMs": _LONG_MS})
    yield _case("hang amid", said, recordedTimings=_hang_after(6))
    yield _case("50 MB", {"content": "x" * FIFTY_MB}, chunkSize=1024 * 1024)


def _case(name: str, response: dict[str, Any], **options: Any) -> dict[str, Any]:
    match = {"userMessage": f"[{name}]"}
    return {"match": match, "response": response, "chunkSize": _PIECE, **options}


def _error(status: int, message: str, type: str = "invalid_request_error", **more: Any) -> Any:  # noqa: A002 -- the field's name
    return {"error": {"message": message, "type": type}, "status": status, **more}


def _hang_after(pieces: int) -> dict[str, Any]:
    delays = [0] * (pieces - 1) + [_LONG_MS]
    return {"ttftMs": 0, "interChunkDelaysMs": delays, "totalDurationMs": _LONG_MS}
