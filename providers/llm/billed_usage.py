"""What is billed for an answer that nobody can use: declined, broken off or unreadable."""

import math

from core.errors import BilledUsage
from providers.llm.prompt_size import BYTES_PER_LIKELY_TOKEN, likely_request_tokens, likely_tokens
from providers.llm.provider import LLMRequest


def billed_usage(
    request: LLMRequest, counted: BilledUsage, text: str, unread_bytes: int
) -> BilledUsage:
    """What a provider bills for an answer of which at least a part came in.

    Its own counts, as far as it gave any; the rest is estimated, and rather too high than too low:
    the prompt in full, and of the answer what came in.

    Args:
        request: what was asked.
        counted: what the provider has counted so far; 0 where it has not.
        text: what came in of the answer's text.
        unread_bytes: of an answer in one piece that cannot be read.
    """
    written = likely_tokens(text) or math.ceil(unread_bytes / BYTES_PER_LIKELY_TOKEN)
    return BilledUsage(
        input_tokens=counted.input_tokens or likely_request_tokens(request),
        cached_input_tokens=counted.cached_input_tokens,
        output_tokens=counted.output_tokens or min(written, request.max_tokens),
        cost_usd=counted.cost_usd,
    )
