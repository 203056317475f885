"""Takes one file's text out of a model's answer."""

import re
from pathlib import PurePosixPath

from codegen.code_blocks import code_blocks, names_file, without_reasoning
from codegen.gate import check_source
from codegen.markdown_answer import extract_markdown
from codegen.prose import reads_as_prose

_MARKDOWN = (".md", ".markdown")
_PARSED = (".py", ".json", ".toml")
_SINGLE = re.compile(r"\w+|\"[^\n]*\"")
"""What parses as Python or JSON and is no file: `Sorry`, or a text in quotation marks."""
_MARKUP = (".html", ".htm", ".xml", ".svg", ".vue", ".svelte")
_MARKUP_BEGINS = re.compile(r"<[!?a-zA-Z]|\{[%{#]")


def extract_file(answer: str, path: str) -> str:
    """Take the text of the file `path` out of an answer.

    Of several blocks, one that names the file is taken; else the only one. An answer without a
    fence is the file itself where it can be one; what reads as prose is refused.

    Raises:
        ValueError: nothing can be taken for the file; the message says what to answer instead.
    """
    if path.endswith(_MARKDOWN):
        return extract_markdown(answer, path)
    answer = without_reasoning(answer)
    blocks = code_blocks(answer)
    if not blocks:
        return _unfenced(answer, path)
    chosen = [block for block in blocks if names_file(block, path)] or blocks
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


def _unfenced(answer: str, path: str) -> str:
    text = answer.replace("\r\n", "\n").strip("\n")
    if not text.strip():
        raise ValueError(f"the answer is empty; answer with the whole file {path!r}")
    if problem := _doubt(text.strip(), path):
        raise ValueError(
            f"the answer has no code block, and {problem}; answer with exactly one fenced block "
            f"that holds the whole file {path!r}"
        )
    return f"{text}\n"


def _doubt(text: str, path: str) -> str:
    """Why an answer without a fence is not taken for the file; empty if it is."""
    lines = text.split("\n")
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _PARSED:
        try:
            check_source(path, f"{text}\n")
        except ValueError as error:
            return str(error)
        return f"it is only {text[:80]!r}" if _SINGLE.fullmatch(text) else ""
    if suffix in _MARKUP:
        whole = _MARKUP_BEGINS.match(text) and text.endswith((">", "}"))
        return "" if whole else "it does not begin and end with a tag"
    for place, line in (("first", lines[0]), ("last", lines[-1])):
        if reads_as_prose(line):
            return f"its {place} line reads as prose: {line[:80]!r}"
    return ""
