"""Code that is whole, keeps its contract, and does the wrong thing: only running it tells."""

import io
import tokenize
from collections.abc import Iterator

from tree_sitter import Node
from tree_sitter_language_pack import get_parser

from tests.gold.answers import in_block
from tests.gold.faults.mutant import Mutant, Subject, subjects
from tests.gold.playback import Fault
from tests.gold.repository import Gold

KIND = "failing logic"
MOST_OF_A_FILE = 2
"""Mutants of one file, spread over it."""

_SWAPS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "===": "!==",
    "!==": "===",
    "+": "-",
    "-": "+",
    "and": "or",
    "or": "and",
    "&&": "||",
    "||": "&&",
    "True": "False",
    "False": "True",
    "true": "false",
    "false": "true",
}

Site = tuple[int, str]
"""Where a token begins, in bytes, and the token."""


def logic_mutants(gold: Gold) -> list[Mutant]:
    """Wrong operators, numbers and truths in the files that are no tests."""
    return [
        mutant
        for subject in subjects(gold)
        if not subject.path.startswith(("test/", "tests/"))
        for mutant in _of_file(subject)
    ]


def _of_file(subject: Subject) -> Iterator[Mutant]:
    sites = list(_sites(subject))
    step = max(1, len(sites) // MOST_OF_A_FILE)
    data = subject.text.encode()
    for begin, token in sites[::step][:MOST_OF_A_FILE]:
        wrong = _SWAPS.get(token) or str(int(token) + 1)
        changed = data[:begin] + wrong.encode() + data[begin + len(token.encode()) :]
        text, line = changed.decode(), data.count(b"\n", 0, begin) + 1
        answer = in_block(text, subject.path, subject.contract["language"])
        detail = f"line {line} has {wrong!r} in place of {token!r}"
        yield Mutant(KIND, subject.path, detail, text, _answering(answer))


def _answering(answer: str) -> Fault:
    return Fault(spoil=lambda _: answer)


def _sites(subject: Subject) -> Iterator[Site]:
    if subject.is_python:
        yield from _python_sites(subject.text)
    elif subject.is_script:
        root = get_parser("javascript").parse(subject.text.encode()).root_node
        yield from _script_sites(root)


def _python_sites(text: str) -> Iterator[Site]:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.string in _SWAPS or (token.type == tokenize.NUMBER and token.string.isdecimal()):
            row, column = token.start
            yield starts[row - 1] + len(lines[row - 1][:column].encode()), token.string


def _script_sites(node: Node) -> Iterator[Site]:
    if node.type in {"comment", "string", "template_string", "regex", "import_statement"}:
        return
    text = (node.text or b"").decode()
    if not node.child_count and (text in _SWAPS or (node.type == "number" and text.isdecimal())):
        yield node.start_byte, text
    for child in node.children:
        yield from _script_sites(child)
