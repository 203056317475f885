"""Finds the fenced blocks of a model's answer."""

import re
from dataclasses import dataclass

_OPENING = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_REASONING = re.compile(r"\A\s*<(?P<tag>think|thinking)>(?:.*?(?P<end></(?P=tag)>)|.*)", re.DOTALL)

_LABEL = re.compile(r"^(?:\d+[.)]\s+)?(?:(?:file ?name|file|path)(?:\s*:\s*|\s+))?", re.IGNORECASE)


@dataclass(frozen=True)
class CodeBlock:
    """One fenced block.

    Attributes:
        above: the last line before it that is not blank.
        info: what stands behind the opening fence, such as `python app/main.py`.
        text: the lines between the fences, ending in a newline unless empty.
        closed: whether the closing fence was there.
        start, end: indices of the lines of its fences; of the line after the last if unclosed.
    """

    above: str
    info: str
    text: str
    closed: bool
    start: int
    end: int


def code_blocks(answer: str) -> list[CodeBlock]:
    """Find the fenced blocks of an answer, as CommonMark reads them.

    A block ends at a fence of the same character at least as long as its opening one.
    """
    blocks: list[CodeBlock] = []
    lines = plain_lines(answer)
    above, position = "", 0
    while position < len(lines):
        opening = _OPENING.match(lines[position])
        if opening is None:
            above = lines[position] if lines[position].strip() else above
            position += 1
            continue
        closing = closing_fence(lines[position])
        end = position + 1
        while end < len(lines) and not closing.match(lines[end]):
            end += 1
        body = "\n".join(lines[position + 1 : end])
        text = f"{body}\n" if body else ""
        info = opening["info"].strip()
        blocks.append(CodeBlock(above, info, text, end < len(lines), position, end))
        above, position = "", end + 1
    return blocks


def closing_fence(opening: str) -> re.Pattern[str]:
    """What closes the block that a line opens."""
    found = _OPENING.match(opening)
    if found is None:
        raise ValueError(f"{opening!r} opens no block")
    fence = found["fence"]
    return re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")


def plain_lines(answer: str) -> list[str]:
    """The lines of an answer, without their ends."""
    return answer.replace("\r\n", "\n").split("\n")


def without_reasoning(answer: str) -> str:
    """Drop the `<think>` sections that some models begin with: drafts in them are no answer.

    Raises:
        ValueError: there is no end to the section, so nothing was answered.
    """
    while found := _REASONING.match(answer):
        if found["end"] is None:
            raise ValueError(f"<{found['tag']}> has no end; answer with less reasoning before it")
        answer = answer[found.end() :]
    return answer


def names_file(block: CodeBlock, path: str) -> bool:
    """Whether a block says that it is the file: by its fence, the line above, or a first comment.

    A line above or a comment must say nothing else, so that a mention is no name.
    """
    wanted = {path, path.rsplit("/", 1)[-1]}
    if wanted & set(re.split(r"[\s:=\"']+", block.info)):
        return True
    return _label(block.above) in wanted or _comment(block.text.partition("\n")[0]) in wanted


def _label(line: str) -> str:
    """`app/main.py` of `### 1. File: **app/main.py**`."""
    bare = re.sub(r"[*`\"'#]+", " ", line).strip().rstrip(":").strip()
    return _LABEL.sub("", bare)


def _comment(line: str) -> str:
    found = re.fullmatch(r"\s*(?:#+|//+|/\*+|<!--|--|;+)\s*(.*?)\s*(?:\*/|-->)?\s*", line)
    return _label(found[1]) if found else ""
