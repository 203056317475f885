"""How many tokens a prompt has, and whether it may be asked at all.

No tokenizer is used: each vendor has its own, some publish none, and the common libraries load
their tables from the network when they run. What is certain of all that are in use is that they
work on bytes: byte-level BPE (OpenAI, Llama 4, DeepSeek, Qwen) and SentencePiece with byte fallback
(Gemini, Mistral) make at most one token of each byte of UTF-8, and SentencePiece one more for the
space that it puts before a text. That is the bound that money is reserved by.

It is far from what real prompts have. Prose, JSON, TOML and Python of this project, and prose in
eight languages, were counted with the tokenizers of GPT-4, GPT-4o, DeepSeek V4 and Mistral 7B,
whose vocabulary of 32,000 is the smallest in use: a token had 2.7 bytes or more, but for Arabic and
Hindi in Mistral's (2.0 and 2.5). So 2.5 bytes a token is what a prompt likely has at most, and what
is compared with a model's context, where the bound would refuse prompts that fit.
"""

import json
import math
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from core.errors import InputError
from providers.llm.catalogue import ModelRow
from providers.llm.provider import LLMRequest, Message

BYTES_PER_LIKELY_TOKEN = 2.5
_MOST_BYTES_PER_TOKEN = 5.0
"""What a token of English prose has in the largest vocabularies in use; code and JSON have less."""
_TOKENS_PER_TURN = 32
"""Marks around a turn. ChatML's are the longest: about 30 bytes, where the model has no tokens for
them; Llama's are 6 tokens, OpenAI's 4."""
_TOKENS_FOR_A_SCHEMA = 512
"""What vendors write around a schema to explain it; Anthropic names 346 tokens for its tools."""


def estimate_tokens(text: str) -> int:
    """Tokens of a text, never less than any model's tokenizer makes of it."""
    return _bytes(text) + 1


def likely_tokens(text: str) -> int:
    """Tokens that a text likely has at most, if it is prose, code or data and no random letters."""
    return math.ceil(_bytes(text) / BYTES_PER_LIKELY_TOKEN)


def estimate_request_tokens(request: LLMRequest) -> int:
    """Tokens of a whole request, never less than the provider counts: turns and schema included."""
    turns = sum(estimate_tokens(turn.content) for turn in request.messages)
    marks = _TOKENS_PER_TURN * (len(request.messages) + 2)  # the system text, and the answer begun
    return estimate_tokens(request.system) + turns + marks + _schema_tokens(request)


def reserved_tokens(counted: float) -> int:
    """About what `estimate_request_tokens` says of a prompt, known only by a vendor's count of it.

    Rather above it than below: a prompt of one turn with a schema, of text whose tokens are long.
    """
    around = 3 * _TOKENS_PER_TURN + _TOKENS_FOR_A_SCHEMA
    return math.ceil(counted * _MOST_BYTES_PER_TOKEN) + around


def likely_request_tokens(request: LLMRequest) -> int:
    """Tokens that a whole request likely has at most: turns and schema included."""
    texts = [request.system, *(turn.content for turn in request.messages)]
    if request.json_schema is not None:
        texts.append(json.dumps(request.json_schema, ensure_ascii=False))
    return sum(map(likely_tokens, texts))


def check_prompt(
    system: str,
    messages: Sequence[Message],
    *,
    model: ModelRow,
    max_characters: int,
    room: int,
) -> None:
    """See that a prompt may be asked, before anything is spent on it.

    Args:
        system: role and rules.
        messages: the conversation so far; the last turn is the user's.
        model: the model to ask.
        max_characters: most characters of a prompt, all turns together.
        room: tokens kept for the answer.

    Raises:
        InputError: it asks nothing, is too long, or leaves no such room in the model's context;
            asking again does not help.
    """
    if not messages or not messages[-1].content.strip():
        raise InputError(f"the prompt for {model.name!r} is empty; give its last turn a text")
    texts = [system, *(turn.content for turn in messages)]
    characters = sum(map(len, texts))
    if characters > max_characters:
        raise InputError(
            f"the prompt for {model.name!r} has {characters:,} characters, and at most "
            f"{max_characters:,} are allowed; shorten what the stage is given, or raise "
            "APP_BUILDER_CALLS__PROMPT_CHARACTERS"
        )
    tokens = sum(map(likely_tokens, texts))
    if tokens + room > model.context_tokens:
        raise InputError(
            f"the prompt for {model.name!r} has {characters:,} characters, about {tokens:,} "
            f"tokens, and with {room:,} tokens for the answer that is more than the "
            f"{model.context_tokens:,} of the model's context; choose a model with a larger "
            "context, or shorten what the stage is given"
        )


@lru_cache(maxsize=64)  # each text of a call is counted for its room, its money and its rates
def _bytes(text: str) -> int:
    """Bytes in UTF-8, in whichever of the forms that tokenizers bring a text to is the longer."""
    if text.isascii():
        return len(text)
    composed = unicodedata.normalize("NFKC", text)
    return max(len(form.encode(errors="surrogatepass")) for form in (text, composed))


def _schema_tokens(request: LLMRequest) -> int:
    if request.json_schema is None:
        return 0
    # Written out as widely as a vendor may put it before the model.
    schema = json.dumps(request.json_schema, indent=2, ensure_ascii=False)
    return estimate_tokens(schema) + estimate_tokens(request.schema_name) + _TOKENS_FOR_A_SCHEMA
