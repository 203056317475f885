"""Takes a Markdown document out of a model's answer."""

import re

from codegen.code_blocks import (
    CodeBlock,
    closing_fence,
    code_blocks,
    names_file,
    plain_lines,
    without_reasoning,
)
from codegen.prose import is_remark

_HEADING = re.compile(r"^(?:#{1,6}[ \t]+\S.*|<h1\b.*|\S.*\n=+[ \t]*)$", re.MULTILINE)

_FAREWELL = re.compile(
    r"(?:(?:please )?let me know (?:if|whether|when|what)|i hope (?:this|that|it)\b"
    r"|would you like me to|do you want me to|if you(?:['’]d| would) like me to|shall i\b)",
    re.IGNORECASE,
)


def extract_markdown(answer: str, path: str) -> str:
    """Take the document out of an answer.

    A document may itself hold fenced blocks: a fence that wraps all its headings is not part of
    it. Neither are remarks of the model before and after such a fence, or before the first heading.

    Args:
        answer: as the model gave it.
        path: where the document will be.

    Returns:
        The document, ending in one newline.

    Raises:
        ValueError: nothing can be taken for the document; the message says what to answer instead.
    """
    lines = plain_lines(without_reasoning(answer))
    blocks = code_blocks("\n".join(lines))
    if blocks and _wraps(blocks[0], lines, path):
        return _unwrapped(blocks[0], lines, path)
    return _without_introduction("\n".join(lines).strip("\n"), path)


def _wraps(block: CodeBlock, lines: list[str], path: str) -> bool:
    if _HEADING.search("\n".join(lines[: block.start])):
        return False
    if block.info.lower() in {"md", "markdown"} or names_file(block, path):
        return True
    plain = block.info.lower() in {"", "text", "txt", "plain", "plaintext"}
    return plain and _HEADING.match(block.text.lstrip("\n")) is not None


def _unwrapped(block: CodeBlock, lines: list[str], path: str) -> str:
    closing = closing_fence(lines[block.start])
    ends = [n for n in range(block.start + 1, len(lines)) if closing.match(lines[n])]
    if not ends:
        raise ValueError(f"the block for {path!r} is not closed; answer with the whole file")
    text = "\n".join(lines[block.start + 1 : ends[-1]]).strip("\n")
    if not all(inner.closed for inner in code_blocks(text)):
        raise ValueError(
            f"the blocks inside {path!r} close its own fence; fence the whole file with ````"
        )
    if not text.strip():
        raise ValueError(f"the block for {path!r} is empty; answer with the whole file")
    return f"{text}\n"


def _without_introduction(text: str, path: str) -> str:
    if not text.strip():
        raise ValueError(f"the answer is empty; answer with the whole file {path!r}")
    heading = _HEADING.search(text)
    if heading is None:
        raise ValueError(
            f"the answer has no heading, so it is not taken for {path!r}; answer with the whole "
            "file, beginning with its title"
        )
    introduction = text[: heading.start()].strip()
    spoken = is_remark(introduction) or introduction.endswith(":")
    if introduction and spoken and not code_blocks(introduction):
        text = text[heading.start() :]
    return f"{_without_farewell(text)}\n"


def _without_farewell(text: str) -> str:
    """Drop a last paragraph that offers more, as models end; documents do not end so."""
    before, _, last = text.rstrip().rpartition("\n\n")
    return before.rstrip() if before and _FAREWELL.match(last) else text
