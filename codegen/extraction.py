"""Takes one file's text out of a model's answer."""

import re
from dataclasses import dataclass

_OPENING = re.compile(r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_MARKDOWN = (".md", ".markdown")


@dataclass(frozen=True)
class CodeBlock:
    """One fenced block.

    Attributes:
        info: what stands behind the opening fence, such as `python app/main.py`.
        text: the lines between the fences, ending in a newline unless empty.
        closed: whether the closing fence was there.
    """

    info: str
    text: str
    closed: bool


def code_blocks(answer: str) -> list[CodeBlock]:
    """Find the fenced blocks of an answer, as CommonMark reads them.

    A block ends at a fence of the same character at least as long as its opening one.
    """
    blocks: list[CodeBlock] = []
    lines = answer.replace("\r\n", "\n").split("\n")
    position = 0
    while position < len(lines):
        opening = _OPENING.match(lines[position])
        if opening is None:
            position += 1
            continue
        fence = opening["fence"]
        closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
        end = position + 1
        while end < len(lines) and not closing.match(lines[end]):
            end += 1
        body = "\n".join(lines[position + 1 : end])
        blocks.append(
            CodeBlock(opening["info"].strip(), f"{body}\n" if body else "", end < len(lines))
        )
        position = end + 1
    return blocks


def extract_file(answer: str, path: str) -> str:
    """Take the text of the file `path` out of an answer.

    Of several blocks, one that names the file is taken; else the only one. An answer without a
    fence is the file itself.

    Raises:
        ValueError: nothing can be taken for the file; the message says what to answer instead.
    """
    blocks = code_blocks(answer)
    if not blocks:
        return _unfenced(answer, path)
    named = [block for block in blocks if _names(block.info, path)]
    chosen = named or blocks
    if path.endswith(_MARKDOWN) and not named:
        return _markdown(answer, blocks, path)
    if len(chosen) > 1:
        raise ValueError(
            f"the answer has {len(chosen)} code blocks that could be {path!r}; answer with exactly "
            f"one fenced block that holds the whole file"
        )
    block = chosen[0]
    if not block.closed:
        raise ValueError(f"the code block for {path!r} is not closed; answer with the whole file")
    if not block.text.strip() and not path.endswith("__init__.py"):
        raise ValueError(f"the code block for {path!r} is empty; answer with the whole file")
    return block.text


def _names(info: str, path: str) -> bool:
    words = re.split(r"[\s:=\"']+", info)
    return path in words or path.rsplit("/", 1)[-1] in words


def _unfenced(answer: str, path: str) -> str:
    text = answer.replace("\r\n", "\n").strip("\n")
    if not text.strip():
        raise ValueError(f"the answer is empty; answer with the whole file {path!r}")
    return f"{text}\n"


def _markdown(answer: str, blocks: list[CodeBlock], path: str) -> str:
    """A Markdown file may itself hold fenced blocks: one that wraps all else is the file."""
    text = answer.replace("\r\n", "\n").strip("\n")
    wrapping = blocks[0].info.lower() in {"md", "markdown"}
    if wrapping and len(blocks) == 1 and _OPENING.match(text.split("\n", 1)[0]):
        if not blocks[0].closed:
            raise ValueError(f"the block for {path!r} is not closed; answer with the whole file")
        return blocks[0].text
    if wrapping:
        raise ValueError(
            f"the blocks inside {path!r} close its own fence; fence the whole file with ````"
        )
    return f"{text}\n"
