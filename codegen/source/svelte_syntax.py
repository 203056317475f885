"""Says where a Svelte component does not parse: its scripts, its blocks, its tags."""

import re
from dataclasses import dataclass

from codegen.source.findings import Finding, offending
from codegen.source.languages import Language
from codegen.source.trees import broken_nodes, parse_tree, reads_otherwise
from core.artifacts.structure import Severity

_SECTION = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<tag>script|style)\b(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>"
    r"(?P<body>.*?)(?P<end></(?P=tag)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TYPED = re.compile(r"""\blang\s*=\s*["']?(?:ts|typescript)\b""")
_MODULE = re.compile(r"""\bmodule\b""")
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][\w:.-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
)
_BLOCK = re.compile(r"\s*([#/])(if|each|await|key|snippet)\b")
_QUOTED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`""", re.DOTALL
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "!doctype",
    ]
)
_CLOSED_BY_OTHERS = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "optgroup",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "rt",
        "rp",
        "html",
        "head",
        "body",
    ]
)
"""Elements that HTML ends by itself where their end is left out."""


@dataclass(frozen=True)
class Script:
    """One `<script>` of a component.

    Attributes:
        text: what stands in it.
        line: how many lines stand before it.
        language: JavaScript or TypeScript, as its `lang` says.
        module: whether it runs once for the module rather than for each instance.
    """

    text: str
    line: int
    language: Language
    module: bool


def svelte_scripts(text: str) -> list[Script]:
    """The scripts of a component, in their order."""
    return [
        Script(
            text=found["body"],
            line=text.count("\n", 0, found.start("body")),
            language=(
                Language.TYPESCRIPT if _TYPED.search(found["attributes"]) else Language.JAVASCRIPT
            ),
            module=bool(_MODULE.search(found["attributes"])),
        )
        for found in _SECTION.finditer(text)
        if (found["tag"] or "").lower() == "script"
    ]


def svelte_findings(text: str) -> list[Finding]:
    """Scripts parsed as JavaScript or TypeScript, blocks and tags held to be balanced."""
    findings: list[Finding] = []
    for found in _SECTION.finditer(text):
        if found["tag"] and not found["end"]:
            line = text.count("\n", 0, found.start()) + 1
            findings.append(_error(text, line, f"<{found['tag']}> is never closed"))
    for script in svelte_scripts(text):
        tree = parse_tree(script.language, script.text)
        broken = [] if reads_otherwise(script.language, script.text) else broken_nodes(tree, 3)
        for node in broken:
            line = script.line + node.start_point.row + 1
            what = f"{node.type!r} is missing" if node.is_missing else "the script does not parse"
            findings.append(_error(text, line, what))
    return findings or _markup_findings(text)


def _markup_findings(text: str) -> list[Finding]:
    """Blocks and tags without their other half, in what is neither script nor style."""
    markup = _SECTION.sub(lambda found: _blank(found[0]), text)
    plain, blocks, open_at = _without_expressions(markup)
    if open_at is not None:
        return [_error(text, _line(text, open_at), "'{' is never closed")]
    return [*_unbalanced_blocks(text, blocks), *_unbalanced_tags(text, plain)][:5]


def _without_expressions(markup: str) -> tuple[str, list[tuple[int, str]], int | None]:
    """Markup without its `{…}`; those that are there, by place; where one is never closed."""
    parts: list[str] = []
    found: list[tuple[int, str]] = []
    position = 0
    while (start := markup.find("{", position)) >= 0:
        end = _closing_brace(markup, start)
        if end is None:
            return "", [], start
        inner = markup[start + 1 : end]
        found.append((start, inner))
        parts += [markup[position:start], _blank(markup[start : end + 1])]
        position = end + 1
    return "".join([*parts, markup[position:]]), found, None


def _closing_brace(markup: str, start: int) -> int | None:
    """Where the brace at `start` is closed.

    Braces in quotes do not count. A regular expression can hold a single quote, which quotes
    nothing; where quotes lead to no end, all braces count.
    """
    for quotes in (_QUOTED, None):
        depth, position = 0, start
        while position < len(markup):
            character = markup[position]
            quoted = quotes.match(markup, position) if quotes and character in "\"'`/" else None
            if quoted:
                position = quoted.end()
                continue
            depth += {"{": 1, "}": -1}.get(character, 0)
            if not depth:
                return position
            position += 1
    return None


def _unbalanced_blocks(text: str, expressions: list[tuple[int, str]]) -> list[Finding]:
    findings: list[Finding] = []
    opened: list[tuple[str, int]] = []
    for place, inner in expressions:
        block = _BLOCK.match(inner)
        if block is None:
            continue
        if block[1] == "#":
            opened.append((block[2], place))
        elif opened and opened[-1][0] == block[2]:
            opened.pop()
        else:
            message = f"{{/{block[2]}}} closes no open block"
            findings.append(_error(text, _line(text, place), message))
    findings += [
        _error(text, _line(text, place), f"{{#{name}}} is never closed") for name, place in opened
    ]
    return findings


def _unbalanced_tags(text: str, plain: str) -> list[Finding]:
    opened: list[tuple[str, int]] = []
    for tag in _TAG.finditer(plain):
        name = tag["name"]
        if name.lower() in _VOID or tag["rest"].endswith("/"):
            continue
        if not tag["close"]:
            opened.append((name, tag.start()))
            continue
        while opened and opened[-1][0] != name and opened[-1][0] in _CLOSED_BY_OTHERS:
            opened.pop()
        if not opened or opened[-1][0] != name:
            if name in _CLOSED_BY_OTHERS:
                continue
            return [_error(text, _line(text, tag.start()), f"</{name}> closes no open element")]
        opened.pop()
    left = [(name, place) for name, place in opened if name not in _CLOSED_BY_OTHERS]
    findings = [
        _error(text, _line(text, place), f"<{name}> is never closed") for name, place in left
    ]
    rest = _TAG.sub("", plain)
    if "<" in rest[rest.rfind(">") + 1 :] and re.search(r"<[a-zA-Z/][^<>]*\Z", plain):
        findings.append(_error(text, text.rstrip().count("\n") + 1, "a tag is never closed"))
    return findings


def _blank(text: str) -> str:
    """As many characters that mean nothing, lines kept."""
    return re.sub(r"[^\n]", " ", text)


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _error(text: str, line: int, message: str) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code="syntax",
        line=line,
        message=f"{message}: {offending(text, line)}",
        suggestion="Write it as a valid Svelte component.",
    )
