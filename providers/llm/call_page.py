"""What was asked in one call and what came of it, as a page of Markdown for a person."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.markdown import code, whole_block
from providers.llm.provider import LLMRequest, LLMResponse
from providers.storage.calls import CallIdentity

CallResult = Literal[
    "answered",
    "cut off",
    "filtered",
    "from the response cache",
    "refused",
    "busy",
    "failed",
    "cancelled",
]
"""What came of a call, as the page says it."""

_TITLES = {"user": "User", "assistant": "Assistant"}


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One call of a model.

    Attributes:
        call: whose call it is, and about what.
        ordinal: which call of its conversation with one model it is, from 0.
        request: what was asked.
        began: when, UTC.
        seconds: how long it took, waiting for its turn included.
        result: what came of it.
        response: the answer, where there is one.
        error: what went wrong, where there is no answer.
    """

    call: CallIdentity
    ordinal: int
    request: LLMRequest
    began: datetime
    seconds: float
    result: CallResult
    response: LLMResponse | None = None
    error: str = ""


def page_of(record: CallRecord) -> str:
    """The record as Markdown: a list of facts, then each text in a fence that it cannot end."""
    call, response = record.call, record.response
    about = code(call.file) if call.file else call.template
    parts = [f"# Stage {call.stage}: {about}: {record.result}", _facts(record)]
    parts += ["## System", whole_block(record.request.system)]
    for message in record.request.messages:
        parts += [f"## {_TITLES[message.role]}", whole_block(message.content)]
    if record.error:
        parts += ["## Error", whole_block(record.error)]
    if response is not None:
        parts += ["## Answer", whole_block(response.content)]
    schema = record.request.json_schema
    if schema is not None:
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        parts += ["## JSON Schema of the answer", whole_block(text)]
    return "\n\n".join(parts) + "\n"


def _facts(record: CallRecord) -> str:
    call, request, response = record.call, record.request, record.response
    facts = {
        "build": code(call.build_id),
        "stage": call.stage,
        "file": code(call.file) if call.file else "",
        "template": code(call.template) if call.template else "",
        "model": f"{code(f'{call.provider}/{call.model}')}, on the wire {code(request.model)}",
        "parameters": _parameters(request),
        "call": f"{record.ordinal + 1} of its conversation",
        "question": code(call.prompt_digest) if call.prompt_digest else "",
        "began": record.began.isoformat(sep=" ", timespec="milliseconds"),
        "took": f"{record.seconds:.3f} s",
        "outcome": record.result,
    }
    if response is not None:
        facts |= {
            "tokens": f"{response.input_tokens:,} in, {response.output_tokens:,} out",
            "cost": f"${response.cost_usd:.6f}",
            "latency": f"{response.latency_seconds:.3f} s",
            "answered by": code(response.model) if response.model else "",
            "finish reason": response.finish_reason,
        }
        facts |= {
            f"the provider's {code(name)}": code(value) for name, value in response.metadata.items()
        }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)


def _parameters(request: LLMRequest) -> str:
    shape = f", JSON of the type {code(request.schema_name)}" if request.schema_name else ""
    return f"at most {request.max_tokens:,} tokens, temperature {request.temperature:g}{shape}"
