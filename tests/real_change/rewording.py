"""A model that says everything in other words each time it is asked, and keeps names as they are.

The demo model stands behind it. What it was asked is kept: the template, and the file or module.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple, cast

from core.fence import read_fenced
from providers.llm.demo.provider import DemoProvider
from providers.llm.provider import Health, LLMRequest, LLMResponse

_PROSE = frozenset(
    {
        *("answer", "description", "message", "purpose", "question", "reason", "suggestion"),
        *("summary", "title", "acceptance_criteria", "assumptions", "corrections"),
    }
)
"""Keys whose texts are prose; what else an answer holds are names, types and numbers."""

_FIXED = re.compile(r"#|\||```|Concerns:|Priority:|\s*$")
"""Lines of Markdown that are no prose, or that the demo model reads again to the letter."""


class Asked(NamedTuple):
    """One question: its template, and the file or module it is about."""

    template: str
    about: str = ""


class RewordingModel:
    """The model.

    Attributes:
        rewords: whether it does; else it answers as the demo model.
        asked: how often each question was asked.
    """

    name = "rewording"

    def __init__(self) -> None:
        self.rewords = False
        self.asked: Counter[Asked] = Counter()
        self._demo = DemoProvider()
        self._times = 0

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request, in other words than ever before."""
        self.asked[_question(request)] += 1
        answer = await self._demo.complete(request)
        if not self.rewords:
            return answer
        self._times += 1
        told = reworded(answer.content, f"put differently for the {self._times}. time")
        return answer.model_copy(update={"content": told})

    async def health_check(self) -> Health:
        """It is always there."""
        return Health(well=True)


def _question(request: LLMRequest) -> Asked:
    template = request.system.partition("\n")[0].removeprefix("# ").strip()
    blocks = read_fenced(next(turn.content for turn in request.messages if turn.role == "user"))
    about: dict[str, Any] = json.loads(blocks.get("file") or blocks.get("module") or "{}")
    return Asked(template, about.get("path") or about.get("name") or "")


def reworded(content: str, how: str) -> str:
    """An answer in other words: of JSON its prose, of code a comment, of Markdown its lines."""
    if content.startswith("{"):
        return json.dumps(_reworded(json.loads(content), how))
    if content.startswith("```python"):
        body, _, fence = content.rstrip("\n").rpartition("\n")
        return f"{body}\n# {how}\n{fence}\n"
    lines = content.split("\n")
    return "\n".join(line if _FIXED.match(line) else f"{line} ({how})" for line in lines)


def _reworded(value: object, how: str, key: str = "") -> object:
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {name: _reworded(item, how, name) for name, item in items}
    if isinstance(value, list):
        return [_reworded(item, how, key) for item in cast("list[object]", value)]
    return f"{value} ({how})" if isinstance(value, str) and key in _PROSE and value else value
