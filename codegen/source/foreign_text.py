"""Tells a file from what only looks like one: prose, a diff, a fence, a conflict."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from codegen.code_blocks import plain_lines
from codegen.prose import is_remark, reads_as_prose
from codegen.source.findings import Finding, errors_of
from codegen.source.languages import SCRIPTS, Language
from codegen.source.trees import parse_tree
from core.artifacts.structure import Severity

_FENCE_LINE = re.compile(r"^(`{3,}|~{3,})[ \t]*[\w+./: -]*$")
_DIFF = re.compile(
    r"\A\s*(?:diff --git |--- (?:a/|\"?[\w./-]+\t?)[^\n]*\n\+\+\+ |@@ -\d+(?:,\d+)? \+\d+"
    r"|\*\*\* (?:Begin Patch|Update File)|<{5,} SEARCH|Index: \S+\n=+\n)"
)
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7} \S.*|>{7} \S.*|={7}|\|{7} \S.*)$")
_INTRODUCTION = re.compile(
    r"(?:sure|certainly|of course|okay)[,!.]|(?:here(?:['’]s| is| are)|below is)\b[^\n]*"
    r"\b(?:file|code|content|readme|implementation|version|document|markdown)\b[^\n]*:",
    re.IGNORECASE,
)
_PROSE_ALLOWED = frozenset({Language.MARKDOWN, None})


def foreign_findings(
    path: str, language: Language | None, text: str, syntax: list[Finding]
) -> list[Finding]:
    """Say where a text is not the file but something about it."""
    broken = bool(errors_of(syntax)) or language not in {
        Language.PYTHON,
        Language.JSON,
        Language.TOML,
    }
    findings: list[Finding] = []
    if PurePosixPath(path).suffix not in {".diff", ".patch"} and language is not Language.MARKDOWN:
        findings += _diff(text, broken)
    if broken:
        findings += _conflicts(language, text)
        findings += _fences(language, text)
    findings += _prose(language, text, syntax)
    return findings


def _diff(text: str, broken: bool) -> Iterator[Finding]:
    if broken and (_DIFF.match(text) or len(_HUNK.findall(text)) > 1):
        yield _error("not-a-file", 1, "it is a diff, not a file", "Answer with the whole file.")


def _conflicts(language: Language | None, text: str) -> Iterator[Finding]:
    """Marks of a merge; of Markdown and unknown texts only a begin with its end."""
    if "<<<<<<< " not in text and ">>>>>>> " not in text:
        return
    found = [
        (number, line)
        for number, line in enumerate(plain_lines(text), start=1)
        if _CONFLICT.match(line)
    ]
    kinds = {line[0] for _, line in found}
    whole = {"<", ">"} <= kinds
    if found and (whole or (kinds & {"<", ">"} and language not in _PROSE_ALLOWED)):
        number, line = found[0]
        yield _error(
            "merge-conflict",
            number,
            f"a merge conflict is left in it: {line[:60]!r}",
            "Write the file as it shall be, without the marks.",
        )


def _fences(language: Language | None, text: str) -> Iterator[Finding]:
    lines = plain_lines(text)
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled or not ("```" in text or "~~~" in text):
        return
    edges = {filled[0], filled[-1]}
    if language is Language.MARKDOWN:
        first = lines[filled[0]].strip()
        if re.fullmatch(r"`{3,}(?:markdown|md)", first) and lines[filled[-1]].strip() == "```":
            yield _fence(filled[0] + 1, first)
        return
    for number, line in enumerate(lines):
        if _FENCE_LINE.match(line) and (number in edges or _is_code(language, text, number)):
            yield _fence(number + 1, line)
            return


def _is_code(language: Language | None, text: str, row: int) -> bool:
    """Whether a line is code, not part of a comment or a text in quotes."""
    if language not in SCRIPTS and language not in {Language.PYTHON, Language.GO}:
        return False
    node = parse_tree(language, text).root_node.descendant_for_point_range((row, 0), (row, 3))
    while node is not None:
        if node.type in {"comment", "string_content", "string", "raw_string_literal"}:
            return False
        node = node.parent
    return True


def _prose(language: Language | None, text: str, syntax: list[Finding]) -> Iterator[Finding]:
    lines = [line for line in plain_lines(text) if line.strip()]
    if not lines:
        return
    first, last = lines[0].strip(), lines[-1].strip()
    if _INTRODUCTION.match(first.lstrip("*_# ")) and not first.startswith("#"):
        yield _remark(text, first)
        return
    if language in _PROSE_ALLOWED:
        return
    if errors_of(syntax) or (
        language in {Language.CSS, Language.SCSS, Language.SQL, Language.DOCKERFILE} and syntax
    ):
        for line in dict.fromkeys((first, last)):
            if reads_as_prose(line):
                yield _remark(text, line)
                return
    elif language in {Language.HTML, Language.SVELTE, Language.YAML} and is_remark(first):
        yield _remark(text, first)


def _remark(text: str, line: str) -> Finding:
    number = text.count("\n", 0, text.index(line)) + 1
    message = f"it holds prose that is not part of the file: {line[:80]!r}"
    return _error("not-a-file", number, message, "Answer with the file and nothing else.")


def _fence(line: int, text: str) -> Finding:
    message = f"a Markdown fence is left in it: {text[:40]!r}"
    return _error("fence", line, message, "Write the file's own text only.")


def _error(code: str, line: int, message: str, suggestion: str) -> Finding:
    return Finding.model_validate(
        {
            "severity": Severity.ERROR,
            "code": code,
            "line": line,
            "message": message,
            "suggestion": suggestion,
        }
    )
