"""The demo provider: a deterministic stand-in for a model that needs no network.

It knows a prompt's template by the first line of the system text (`# clarifier`) and everything
else from the fenced data of the user's text, so that a prompt that forgets something shows. A
template it does not know, such as a new stage's, it answers with the example that template gives.
"""

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from providers.llm.demo import (
    clarifier,
    coder,
    debugger,
    docs_creator,
    module_files,
    module_plan,
    normalizer,
    prompt_builder,
    schema_generator,
    structural_validator,
    validator,
)
from providers.llm.demo.blocks import DEMO, PromptBlocks, refuse
from providers.llm.provider import Health, LLMRequest, LLMResponse

_CHARACTERS_PER_TOKEN = 4
_EXAMPLE = re.compile(r"^<example>\n(?P<text>.*?)\n</example>$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"# (?P<name>[a-z][a-z0-9-]*)[ \t]*")


def _file_structure(blocks: PromptBlocks) -> str:
    """One template asks two questions: with a module, it is about that module's files."""
    return module_files.answer(blocks) if "module" in blocks else module_plan.answer(blocks)


_ANSWERS: dict[str, Callable[[PromptBlocks], str]] = {
    "clarifier": clarifier.answer,
    "normalizer": normalizer.answer,
    "docs-creator": docs_creator.answer,
    "schema-generator": schema_generator.answer,
    "structural-validator": structural_validator.answer,
    "file-structure-generator": _file_structure,
    "validator": validator.answer,
    "prompt-builder": prompt_builder.answer,
    "coder": coder.answer,
    "debugger": debugger.answer,
}


class DemoProvider:
    """Answers every stage's prompt from the data in it; the same prompt has the same answer."""

    @property
    def name(self) -> str:
        """The provider's name in the catalogue."""
        return DEMO

    @property
    def version(self) -> str:
        """Digest of the code and the templates that make the answers."""
        return _version()

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request; asked again in the same conversation, it answers the same.

        Raises:
            RequestRefusedError: the template is unknown, the prompt lacks data or has other data
                than its template promises, or it asks for what only a real model can do.
        """
        begin = time.perf_counter()
        # Writing a large answer takes a while, in which others must get their turn.
        content = await asyncio.to_thread(_answer, request)
        asked = len(request.system) + sum(len(message.content) for message in request.messages)
        return LLMResponse(
            content=content,
            input_tokens=_tokens(asked),
            output_tokens=_tokens(len(content)),
            latency_seconds=time.perf_counter() - begin,
            provider=DEMO,
            model=DEMO,
            finish_reason="stop",
        )

    async def health_check(self) -> Health:
        """It is always there."""
        return Health(well=True)


def _answer(request: LLMRequest) -> str:
    template = _template_of(request.system)
    if template not in _ANSWERS:
        return _example_of(template, request.system)
    question = next((turn.content for turn in request.messages if turn.role == "user"), "")
    return _ANSWERS[template](PromptBlocks(template, question))


def _template_of(system: str) -> str:
    heading = _HEADING.fullmatch(system.split("\n", 1)[0].rstrip("\r"))
    if heading is None:
        refuse(
            "the prompt forgot to begin its system text with '# ' and the name of its template; "
            f"it begins with {system[:60]!r}"
        )
    return heading["name"]


def _example_of(template: str, system: str) -> str:
    example = _EXAMPLE.search(system)
    if example is None:
        refuse(
            f"the demo model knows the templates {', '.join(_ANSWERS)}, and answers others with "
            f"their example; {template!r} has no <example> in its system text"
        )
    return example["text"]


@cache
def _version() -> str:
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".jinja"}:
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _tokens(characters: int) -> int:
    return math.ceil(characters / _CHARACTERS_PER_TOKEN)
