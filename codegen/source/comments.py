"""Finds the comments of a source file."""

import re
from dataclasses import dataclass
from functools import cache

from tree_sitter import Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.source.languages import SCRIPTS, Language
from codegen.source.svelte_syntax import svelte_scripts
from codegen.source.trees import parse_tree, text_of

_GRAMMATICAL = SCRIPTS | {Language.PYTHON, Language.CSS, Language.SCSS, Language.GO}
_MARKUP = re.compile(r"<!--(.*?)(?:-->|\Z)|\{/\*(.*?)\*/\}|\{#(.*?)#\}", re.DOTALL)
_LINE = {
    Language.SQL: re.compile(r"^\s*--(.*)$|/\*(.*?)(?:\*/|\Z)", re.MULTILINE | re.DOTALL),
    Language.YAML: re.compile(r"^\s*#(.*)$", re.MULTILINE),
    Language.TOML: re.compile(r"^\s*#(.*)$", re.MULTILINE),
    Language.DOCKERFILE: re.compile(r"^\s*#(.*)$", re.MULTILINE),
    None: re.compile(r"^\s*(?:#|//|--|;)(.*)$", re.MULTILINE),
}


@dataclass(frozen=True)
class Comment:
    """One comment.

    Attributes:
        line: it begins in, from 1.
        text: what it says, without its marks.
        alone: whether no code stands before it on its line.
    """

    line: int
    text: str
    alone: bool


def comments_of(language: Language | None, text: str) -> list[Comment]:
    """Every comment, in the order of the text; docstrings and texts in quotes are none."""
    if language is not None and language in _GRAMMATICAL:
        return _grammar_comments(language, text)
    if language is Language.SVELTE:
        found = _matched(_MARKUP, text)
        for script in svelte_scripts(text):
            found += [
                Comment(item.line + script.line, item.text, item.alone)
                for item in _grammar_comments(script.language, script.text)
            ]
        return sorted(found, key=lambda comment: comment.line)
    if language in {Language.HTML, Language.MARKDOWN}:
        return _matched(_MARKUP, text)
    if language is Language.JSON:
        return []
    return _matched(_LINE.get(language, _LINE[None]), text)


@cache
def _query(language: Language) -> Query:
    names = "(comment) (js_comment)" if language is Language.SCSS else "(comment)"
    pattern = f"[{names}] @comment"
    return Query(get_language(language.value), pattern)


def _grammar_comments(language: Language, text: str) -> list[Comment]:
    if not any(mark in text for mark in (("#",) if language is Language.PYTHON else ("//", "/*"))):
        return []
    root = parse_tree(language, text).root_node
    lines = text.split("\n")
    found: list[Comment] = []
    for node in QueryCursor(_query(language)).captures(root).get("comment", ()):
        row, column = node.start_point
        before = lines[row].encode()[:column].decode(errors="replace").strip()
        said = re.sub(
            r"^\s*(?:/\*+|//+|\*+/?|#[#!:]*)|\*+/\s*$", "", text_of(node), flags=re.MULTILINE
        )
        found.append(Comment(row + 1, said.strip(), before in {"", "{"}))
    return sorted(found, key=lambda comment: comment.line)


def _matched(pattern: re.Pattern[str], text: str) -> list[Comment]:
    return [
        Comment(
            text.count("\n", 0, found.start() + len(found[0]) - len(found[0].lstrip())) + 1,
            next((part for part in found.groups() if part is not None), "").strip(),
            alone=True,
        )
        for found in pattern.finditer(text)
    ]
