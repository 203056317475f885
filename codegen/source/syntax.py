"""Says where a file does not parse."""

import ast
import re
import warnings
from functools import lru_cache
from threading import Lock
from typing import cast

from tree_sitter import Node

from codegen.source.data_syntax import json_findings, toml_findings, yaml_findings
from codegen.source.dockerfile_syntax import dockerfile_findings
from codegen.source.findings import Finding, offending
from codegen.source.languages import Language, language_of
from codegen.source.style_braces import brace_findings
from codegen.source.svelte_syntax import svelte_findings
from codegen.source.trees import broken_nodes, parse_tree, reads_otherwise
from core.artifacts.structure import Severity

MOST_PLACES = 5
"""Syntax errors named per file: later ones mostly follow from the first."""

_LENIENT = frozenset({Language.SQL, Language.CSS, Language.SCSS, Language.DOCKERFILE})
"""Languages whose readers take what the grammars here do not know (dialects, hacks): what does not
fit the grammar is worth a remark. What is cut off is an error, and so is what every reader refuses:
braces of a style sheet that do not match, and words that are no instruction of a Dockerfile."""

_FILLED_IN = re.compile(r"\{[{%#]|<%|\$\{")
"""Marks of a template engine, which may stand where HTML allows nothing."""

_WARNINGS = Lock()
"""Python's filters for warnings belong to the whole process."""


def syntax_findings(path: str, text: str, declared: str = "") -> list[Finding]:
    """Say where a file does not parse, with line, column and the offending line.

    Python, JSON, TOML and YAML are read by their own parsers, the others by tree-sitter. A language
    that is not known is held to plain text only.

    Args:
        path: where the file stands, which tells its language.
        text: the whole file.
        declared: the language its contract names.
    """
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        message = f"{path!r} holds a NUL character"
        return [_error(message, line, "Answer with plain text.")]
    match language_of(path, declared):
        case None | Language.MARKDOWN:
            return []
        case Language.PYTHON:
            return python_findings(text)
        case Language.JSON:
            return json_findings(path, text)
        case Language.TOML:
            return toml_findings(text)
        case Language.YAML:
            return yaml_findings(text)
        case Language.SVELTE:
            return svelte_findings(text)
        case Language.DOCKERFILE:
            return dockerfile_findings(text) or grammar_findings(Language.DOCKERFILE, text)
        case Language.CSS | Language.SCSS as language:
            braces = brace_findings(text, line_comments=language is Language.SCSS)
            return braces or grammar_findings(language, text)
        case language:
            found = grammar_findings(language, text)
            # What declares types only may say what no module can, and nothing of it runs.
            return [] if path.endswith((".d.ts", ".d.mts", ".d.cts")) else found


@lru_cache(maxsize=8)
def python_tree(text: str) -> ast.Module:
    """Parse Python without showing its warnings; the last few trees are kept, to be read only.

    Raises:
        SyntaxError: it does not parse.
        ValueError, RecursionError, MemoryError: it cannot be parsed at all (NUL, too deep).
    """
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


@lru_cache(maxsize=2)
def python_nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Every node of a tree in the order of `ast.walk`, listed once for all checks that ask."""
    found: list[ast.AST] = [tree]
    for node in found:  # which grows meanwhile
        values = vars(node)
        for name in node._fields:
            value = values.get(name)
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                items = cast("list[object]", value)
                found.extend(item for item in items if isinstance(item, ast.AST))
    return tuple(found)


def unparsed(node: ast.AST) -> str:
    """A node as Python writes it; `…` for one that is nested too deeply to be written anew."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"


def python_findings(text: str) -> list[Finding]:
    """What Python itself says; its messages are better than any grammar's."""
    try:
        python_tree(text)
    except SyntaxError as error:
        line, column = error.lineno or 0, max(error.offset or 0, 0)
        message = f"{error.msg}: {offending(text, line)}"
        return [_error(message, line, "Write it so that it parses.", column)]
    except (ValueError, RecursionError, MemoryError) as error:
        return [_error(f"Python cannot read it: {error}", 0, "Write it in a simpler way.")]
    return []


def grammar_findings(language: Language, text: str) -> list[Finding]:
    """Where a text does not fit a tree-sitter grammar."""
    tree = parse_tree(language, text)
    if not tree.root_node.has_error or reads_otherwise(language, text):
        return []
    lenient = language in _LENIENT or (language is Language.HTML and _FILLED_IN.search(text))
    severity = Severity.INFO if lenient else Severity.ERROR
    return [
        Finding(
            severity=severity,
            code="syntax",
            line=node.start_point.row + 1,
            column=node.start_point.column + 1,
            message=_what_is_wrong(node, text),
            suggestion=f"Write it as valid {language.value}.",
        )
        for node in broken_nodes(tree, MOST_PLACES)
    ]


def _what_is_wrong(node: Node, text: str) -> str:
    line = offending(text, node.start_point.row + 1)
    if node.is_missing:
        return f"{node.type!r} is missing in {line}"
    # Of the text itself: in the tree, characters may be replaced.
    there = text.encode(errors="replace")[node.start_byte : node.end_byte].decode(errors="replace")
    first = there.strip().split("\n", 1)[0][:60]
    return f"{first!r} cannot be read here, in {line}" if first else f"it does not parse at {line}"


def _error(message: str, line: int, suggestion: str, column: int = 0) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code="syntax",
        line=line,
        column=column,
        message=message,
        suggestion=suggestion,
    )
