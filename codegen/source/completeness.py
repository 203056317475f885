"""Says whether a text breaks off before its end."""

import re

from tree_sitter import Node

from codegen.code_blocks import closing_fence, plain_lines
from codegen.source.findings import Finding, errors_of, offending
from codegen.source.languages import SCRIPTS, Language
from codegen.source.python_gaps import missing_end
from codegen.source.svelte_syntax import svelte_scripts
from codegen.source.syntax import python_tree
from codegen.source.trees import broken_nodes, parse_tree, reads_otherwise, walk
from core.artifacts.structure import Severity

_OPENING = {"(": ")", "[": "]", "{": "}", "${": "}", "#{": "}"}
_PYTHON_OPEN = re.compile(r"was never closed|unterminated|unexpected EOF|expected .* block after")
_DATA_OPEN = re.compile(
    r"Unterminated|end of document|Expecting|unexpected end|end of (?:the )?stream"
    r"|Unclosed|Expected|Illegal character"
)
_SENTENCES = re.compile(r"(?![A-Za-z]+://)[A-Z`*_]?[^|<#>\[-][^|<]*\Z")
"""A paragraph that is no table, list, heading, quotation, link or markup."""
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^`\n]*$")
_FENCE_MARK = re.compile(r"\s*(?:`{3,}|~{3,})[^`]*\Z")
_FULL_STOP = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)\.[)\"'”’]?\s+[^\sa-z]")
_UNFINISHED_BY = re.compile(r"\b(?:an?|and|of|or|the)\Z")
_ITEM_OR_CODE = re.compile(r"\s|(?:\d+[.)]|[-+*])\s")
"""How a line of a list begins, and a line of code without a fence."""
_LICENCE = re.compile(
    r"©|\(c\)|\b(?:copyright|licen[cs]e|licensed|rights reserved)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?:://|\w[@.]\w)\S*\Z")
"""Of a page, a person or a file."""
_EXEC_FORM = re.compile(
    r"^\s*(?:HEALTHCHECK\b.*\b)?(?:CMD|ENTRYPOINT|RUN|SHELL)\s+\[\s*\"", re.IGNORECASE
)
_ENDS_TRANSACTION = re.compile(
    r"(?:COMMIT|ROLLBACK)(?:\s+(?:WORK|TRAN|TRANSACTION))?", re.IGNORECASE
)
_BRACKETED = SCRIPTS | {Language.CSS, Language.SCSS, Language.GO, Language.SQL}


def cut_off_findings(language: Language | None, text: str, syntax: list[Finding]) -> list[Finding]:
    """Say whether a text breaks off: in a bracket, a string, a statement or a fence.

    Args:
        language: of the text.
        text: the whole file.
        syntax: what `syntax_findings` said of it; what parses does not break off, except where
            a language reads half a text as well (HTML, Markdown, SQL, Dockerfiles).
    """
    if not text.strip() or language is None:
        return []
    reason = _reason(language, text, syntax)
    if reason is None:
        return []
    line, what = reason
    return [
        Finding(
            severity=Severity.ERROR,
            code="cut-off",
            line=line,
            message=f"the text breaks off: {what}",
            suggestion="Write the whole file, to its last line.",
        )
    ]


def _reason(language: Language, text: str, syntax: list[Finding]) -> tuple[int, str] | None:
    """The line in which a text breaks off and how; None where it does not."""
    if language in _BRACKETED:
        return _open_in_tree(language, text)
    errors = errors_of(syntax)
    if language is Language.SVELTE:
        return _open_component(text, syntax) if errors else None
    if language is Language.HTML:
        return _open_page(text)
    if errors:
        return _open_at_the_end(errors[0], text, language)
    match language:
        case Language.PYTHON:
            return missing_end(python_tree(text))
        case Language.MARKDOWN:
            return _open_fence(text) or _open_sentence(text)
        case Language.DOCKERFILE:
            return _open_line(text)
        case _:
            return None


def _open_in_tree(language: Language, text: str) -> tuple[int, str] | None:
    root = parse_tree(language, text).root_node
    if not root.has_error:
        return _open_expression(root, text) if language in SCRIPTS else None
    if reads_otherwise(language, text):
        return None
    if opened := _open_brackets(root):
        line = opened[-1].start_point.row + 1
        return line, f"{opened[-1].type!r} is never closed, in {offending(text, line)}"
    if language is Language.SQL:
        return _open_statement(text)
    if language in {Language.CSS, Language.SCSS}:
        return None
    end = len(text.rstrip().encode(errors="replace"))
    for node in broken_nodes(parse_tree(language, text), 20):
        if node.end_byte >= end and node.start_point.row >= text.rstrip().count("\n") - 1:
            line = text.rstrip().count("\n") + 1
            return line, f"it ends in the middle of a statement, in {offending(text, line)}"
    return None


def _open_expression(root: Node, text: str) -> tuple[int, str] | None:
    """A script that ends in a bare name: `process.stdout.wri` parses, and does nothing."""
    statements = [node for node in root.named_children if node.type != "comment"]
    last = statements[-1] if statements else None
    if (
        last is None
        or last.type != "expression_statement"
        or last.end_byte < len(text.rstrip().encode(errors="replace"))
    ):
        return None
    inner = last.named_children[0] if last.named_children else None
    if inner is None or inner.type not in {"identifier", "member_expression"}:
        return None
    if last.child_count > 1:  # its semicolon
        return None
    line = last.start_point.row + 1
    return line, f"it ends in a bare name, in {offending(text, line)}"


def _open_brackets(root: Node) -> list[Node]:
    """Brackets of a broken text that nothing closes; those in texts and comments do not count."""
    opened: list[Node] = []
    for node in walk(root):
        if node.child_count or node.is_missing:
            continue
        if node.type in _OPENING:
            opened.append(node)
        elif opened and node.type == _OPENING[opened[-1].type]:
            opened.pop()
    return opened


def _open_statement(text: str) -> tuple[int, str] | None:
    """SQL whose last statement ends in a quote, or alone of all without a semicolon."""
    plain = re.sub(r"--[^\n]*|/\*.*?\*/|'[^']*'", "", text, flags=re.DOTALL).rstrip()
    last = text.rstrip().count("\n") + 1
    if "'" in plain:
        return last, "a quote is never closed"
    final = plain.rsplit("\n", 1)[-1].lstrip()
    if _ENDS_TRANSACTION.fullmatch(final):
        return None
    if ";" in plain and not plain.endswith((";", "$$", "/", ")")) and final[:1] not in {"\\", "/"}:
        return last, f"the last statement is not complete: {offending(text, last)}"
    return None


def _open_at_the_end(
    error: Finding, text: str, language: Language | None
) -> tuple[int, str] | None:
    last = text.rstrip().count("\n") + 1
    open_ended = (_PYTHON_OPEN if language is Language.PYTHON else _DATA_OPEN).search(error.message)
    if language is Language.PYTHON and open_ended and "block after" not in error.message:
        return error.line, error.message
    if error.line >= last and (open_ended or language is Language.PYTHON):
        return error.line, error.message
    return None


def _open_component(text: str, syntax: list[Finding]) -> tuple[int, str] | None:
    for finding in syntax:
        if "never closed" in finding.message:
            return finding.line, finding.message
    for script in svelte_scripts(text):
        if found := _open_in_tree(script.language, script.text):
            return found[0] + script.line, found[1]
    return None


def _open_page(text: str) -> tuple[int, str] | None:
    plain = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    last = text.rstrip().count("\n") + 1
    if "<!--" in plain:
        return last, "a comment is never closed"
    for tag in ("script", "style", "html", "body", "textarea", "title"):
        opened = len(re.findall(rf"<{tag}[\s>]", plain, re.IGNORECASE))
        closed = len(re.findall(rf"</{tag}\s*>", plain, re.IGNORECASE))
        # A script may hold `"<script>"` in a string; only the end of the text tells.
        if opened > closed and closed == 0:
            return last, f"<{tag}> is never closed"
    if re.search(r"<[a-zA-Z/][^<>]*\Z", plain) and "{" not in plain[plain.rindex("<") :]:
        return last, f"a tag is never closed, in {offending(text, last)}"
    return None


def _open_fence(text: str) -> tuple[int, str] | None:
    lines = plain_lines(text)
    position = 0
    while position < len(lines):
        if not _FENCE.match(lines[position]):
            position += 1
            continue
        closing = closing_fence(lines[position])
        opened = position
        position += 1
        while position < len(lines) and not closing.match(lines[position]):
            position += 1
        if position == len(lines):
            return opened + 1, f"the fence {offending(text, opened + 1)} is never closed"
        position += 1
    return None


def _open_sentence(text: str) -> tuple[int, str] | None:
    """A last paragraph of sentences that stops within one, or within backticks.

    Fences are closed: what stands before the last of them is no part of the paragraph.
    """
    lines = text.rstrip().split("\n")
    begin = len(lines)
    while begin and lines[begin - 1].strip() and not _FENCE_MARK.match(lines[begin - 1]):
        begin -= 1
    paragraph = " ".join(lines[begin:])
    if not _SENTENCES.match(paragraph):
        return None
    if _lacks_its_end(lines[begin:], paragraph) or paragraph.count("`") % 2:
        return len(lines), f"its last sentence has no end, in {offending(text, len(lines))}"
    return None


def _lacks_its_end(lines: list[str], paragraph: str) -> bool:
    """Whether sentences end in full stops, and the last one in a word that others must follow.

    Items of lists, licences and addresses end in any other word.
    """
    stops = list(_FULL_STOP.finditer(paragraph))
    if not stops or not paragraph[-1].isalnum():
        return False
    if _UNFINISHED_BY.search(paragraph):
        return True
    last = paragraph[stops[-1].end() - 1 :]
    ends_in_any_word = _LICENCE.search(last) or _ADDRESS.search(last)
    return not ends_in_any_word and not any(_ITEM_OR_CODE.match(line) for line in lines)


def _open_line(text: str) -> tuple[int, str] | None:
    last = text.rstrip().count("\n") + 1
    line = text.rstrip().rsplit("\n", 1)[-1].rstrip()
    if _EXEC_FORM.search(line) and not line.endswith("]"):
        return last, f"the last instruction is not complete: {offending(text, last)}"
    if line.endswith(("\\", "&&", "||", "[", ",")) and not line.lstrip().startswith("#"):
        return last, f"the last instruction is not complete: {offending(text, last)}"
    words = line.split()
    instructions = {
        "FROM",
        "RUN",
        "COPY",
        "ADD",
        "CMD",
        "ENTRYPOINT",
        "ENV",
        "WORKDIR",
        "EXPOSE",
        "USER",
        "ARG",
        "LABEL",
        "VOLUME",
        "SHELL",
    }
    if len(words) == 1 and words[0].upper() in instructions:
        return last, f"the last instruction is not complete: {line!r}"
    return None
