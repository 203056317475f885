"""Calls as the ledger tells of them."""

from datetime import UTC, datetime
from typing import Any

from providers.storage.ledger_tail import EndedCall

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

_CALL = EndedCall(
    build_id="b-1",
    project_id="b",
    user="ann",
    stage="3",
    provider="p",
    model="m",
    outcome="answered",
    error_class="",
    input_tokens=0,
    output_tokens=0,
    cost_usd=0.0,
    seconds=1.0,
    started_at=NOON,
)


def ended_call(**values: Any) -> EndedCall:
    """A call that was answered, but for what is given."""
    return _CALL._replace(**values)
