"""Names that code, databases and routes can use, and the spellings in which they meet.

A name is written in several ways on its way through a product: `due_date` in Python and SQL,
`dueDate` in JavaScript. Two names are one where any of these spellings is the same.
"""

import keyword
import re

from core.artifacts.questionnaire import Stack

# ECMA-262, 12.7.2 "Keywords and Reserved Words", with those that are reserved in modules.
_JAVASCRIPT = frozenset(
    (
        *("await", "break", "case", "catch", "class", "const", "continue", "debugger", "default"),
        *("delete", "do", "else", "enum", "export", "extends", "false", "finally", "for"),
        *("function", "if", "implements", "import", "in", "instanceof", "interface", "let"),
        *("new", "null", "package", "private", "protected", "public", "return", "static"),
        *("super", "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while"),
        *("with", "yield"),
    )
)
# The Go Programming Language Specification, "Keywords".
_GO = frozenset(
    (
        *("break", "case", "chan", "const", "continue", "default", "defer", "else"),
        *("fallthrough", "for", "func", "go", "goto", "if", "import", "interface", "map"),
        *("package", "range", "return", "select", "struct", "switch", "type", "var"),
    )
)
# PostgreSQL 17, appendix C, the key words marked "reserved"; SQLite takes most of them only quoted.
SQL_RESERVED = frozenset(
    (
        *("all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both"),
        *("case", "cast", "check", "collate", "column", "constraint", "create"),
        *("current_catalog", "current_date", "current_role", "current_time", "current_timestamp"),
        *("current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end"),
        *("except", "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in"),
        *("initially", "intersect", "into", "lateral", "leading", "limit", "localtime"),
        *("localtimestamp", "not", "null", "offset", "on", "only", "or", "order", "placing"),
        *("primary", "references", "returning", "select", "session_user", "some", "symmetric"),
        *("system_user", "table", "then", "to", "trailing", "true", "union", "unique", "user"),
        *("using", "variadic", "when", "where", "window", "with"),
    )
)
_WORD = re.compile(r"[^\W\d]\w*")
_SCRIPT_WORD = re.compile(r"(?!\d)[\w$]+")


def reserved_by(name: str, stack: Stack) -> str:
    """The language of a product's server in which nothing can have this name; empty if none."""
    if stack.backend == "express":
        return "JavaScript" if name in _JAVASCRIPT else ""
    return "Python" if keyword.iskeyword(name) else ""


def identifier_problem(name: str, language: str) -> str:
    """Why a name cannot be defined in a language; empty if it can.

    Args:
        name: as code defines it; `Class.method` names a member.
        language: `python`, `go`, or one of those that are written like JavaScript.
    """
    for part in name.split("."):
        if language == "python":
            legal, reserved = part.isidentifier(), keyword.iskeyword(part)
        elif language == "go":
            legal, reserved = bool(_WORD.fullmatch(part)), part in _GO
        else:
            legal = bool(_SCRIPT_WORD.fullmatch(part))
            reserved = part in _JAVASCRIPT - {"default"}
        if not legal:
            return "is no name that code can define"
        if reserved:
            return f"is a reserved word of {language}"
    return ""


def camel_case(name: str) -> str:
    """Spell a name in snake case the way JavaScript does: `due_date` is `dueDate`."""
    first, *others = [word for word in name.split("_") if word] or [name]
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def route_of(path: str) -> str:
    """A path as a router compares it: the names of its parameters do not set it apart."""
    return re.sub(r"\{[^{}]*\}", "{}", path.rstrip("/") or "/").casefold()
