"""A model that says everything in other words each time it is asked, and keeps names as they are.

In what it is not asked about it is careless besides: it turns lists round, and leaves out every
second thing that was there and that the change does not name. Of what is open to it, it leaves
nothing out: it says all of it anew. What helps inside a file has another name each time.

The demo model stands behind it. What it was asked is kept: the template, and the file or module.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
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


_IN_ORDER = frozenset({"modules", "questions"})
"""Lists whose order a model has to keep: what is written after what, and numbers."""

_NEEDED = frozenset({"imports"})
"""Lists of which a file that is written again has to have all: the demo model writes no file whose
contract lacks an import. What becomes of a helper then, `test_orphans.py` says."""

_HELPER = re.compile(r"^(?:async )?(?:def|class) (_[a-z]\w*)", re.MULTILINE)
"""A name that a Python file gives to something of its own."""


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
        self.asked[question_of(request)] += 1
        answer = await self._demo.complete(request)
        if not self.rewords:
            return answer
        self._times += 1
        how = f"put differently for the {self._times}. time"
        blocks = _blocks(request)
        told = reworded(with_all_open(answer.content, blocks), how, _Care.of(blocks))
        return answer.model_copy(update={"content": told})

    async def health_check(self) -> Health:
        """It is always there."""
        return Health(well=True)


def _blocks(request: LLMRequest) -> Mapping[str, str]:
    return read_fenced(next(turn.content for turn in request.messages if turn.role == "user"))


def question_of(request: LLMRequest) -> Asked:
    """What a request asks."""
    template = request.system.partition("\n")[0].removeprefix("# ").strip()
    blocks = _blocks(request)
    about: dict[str, Any] = json.loads(blocks.get("file") or blocks.get("module") or "{}")
    return Asked(template, about.get("path") or about.get("name") or "")


@dataclass(frozen=True)
class _Care:
    """What an answer has to be right about; with all else the model is careless.

    Attributes:
        changes: whether it is asked about a change.
        asked: names that the change is about.
        known: what was there before.
    """

    changes: bool
    asked: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, blocks: Mapping[str, str]) -> "_Care":
        """Of one question, by its data blocks."""
        if "change" not in blocks:
            return cls(changes=False)
        change = json.loads(blocks["change"])
        names = {*change.get("asked", ()), *(item["item"] for item in change.get("items", ()))}
        names |= {*change.get("open", ())}
        before = blocks.get("previous", "") + blocks.get("module", "")
        there = re.findall(r'"(?:name|id|path|title|case)": "([^"]+)"', before)
        return cls(
            changes=True,
            asked=frozenset(names | {name.partition(": ")[2] or name for name in names}),
            known=frozenset(there),
        )

    def may_be_forgotten(self, item: object) -> bool:
        """Whether something of an answer was there before, and is nothing that is asked about."""
        if not isinstance(item, dict):
            return False
        fields = cast("dict[str, object]", item)
        own = [fields[key] for key in ("id", "path", "case", "title", "name") if key in fields]
        texts = _texts(fields)
        is_old = {text for text in texts if "/" in text and " " not in text} <= self.known
        return bool(own) and own[0] in self.known and is_old and self.asked.isdisjoint(texts)


def _texts(value: object) -> set[str]:
    if isinstance(value, dict):
        return {text for item in cast("dict[str, object]", value).values() for text in _texts(item)}
    if isinstance(value, list):
        return {text for item in cast("list[object]", value) for text in _texts(item)}
    return {value} if isinstance(value, str) else set()


def reworded(content: str, how: str, care: _Care) -> str:
    """An answer in other words: of JSON its prose, of code its helpers, of Markdown its lines."""
    if content.startswith("{"):
        return json.dumps(_reworded(json.loads(content), how, care))
    if content.startswith("```python"):
        body, _, fence = content.rstrip("\n").rpartition("\n")
        for name in set(_HELPER.findall(body)):
            body = re.sub(rf"\b{name}\b", f"{name}_{re.sub('[^0-9]', '', how)}", body)
        return f"{body}\n# {how}\n{fence}\n"
    lines = content.split("\n")
    return "\n".join(line if _FIXED.match(line) else f"{line} ({how})" for line in lines)


def with_all_open(content: str, blocks: Mapping[str, str]) -> str:
    """An answer that also has everything of before that is open to it, where that is JSON."""
    is_open = frozenset[str](json.loads(blocks.get("change", "{}")).get("open", ()))
    if not is_open or not content.startswith("{"):
        return content
    answer, previous = json.loads(content), json.loads(blocks["previous"])
    for key in answer.keys() & previous.keys():
        if isinstance(answer[key], list):
            answer[key] += [
                item
                for item in previous[key]
                if isinstance(item, dict)
                and not is_open.isdisjoint(_names_of(cast("dict[str, str]", item)))
            ]
    return json.dumps(answer)


def _names_of(item: Mapping[str, str]) -> set[str]:
    """Names that something may be open by."""
    ways = {"id": "", "title": "feature: ", "name": "entity: "}
    return {f"{kind}{item[key]}" for key, kind in ways.items() if key in item}


def _reworded(value: object, how: str, care: _Care, key: str = "") -> object:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value).items()
        return {name: _reworded(item, how, care, name) for name, item in fields}
    if isinstance(value, list):
        items = cast("list[object]", value)
        items = items if key in _NEEDED else _remembered(items, care)
        told = [_reworded(item, how, care, key) for item in items]
        return told if key in _IN_ORDER or not care.changes else told[::-1]
    return f"{value} ({how})" if isinstance(value, str) and key in _PROSE and value else value


def _remembered(items: list[object], care: _Care) -> list[object]:
    """All but every second one that was there before and that nobody asked about."""
    left = [item for item in items if care.changes and care.may_be_forgotten(item)][1::2]
    return [item for item in items if not any(item is one for one in left)]
