"""Holds the members of a class to those its contract names."""

import re
from collections.abc import Iterator, Mapping

from codegen.source.languages import Language
from codegen.source.lookup import defined
from codegen.source.names import Exports, SourceExport
from codegen.source.signatures import broken_calls, signature_of
from codegen.source.targets import Tree
from core.artifacts.structure import Severity

_DEF = re.compile(r"(?:@\w+\s+)*(?:async\s+)?def\s+(\w+)\s*\(")
_FIELD = re.compile(r"^\s*(\w+)\s*(?::(?!:)|=|$)")
_SCRIPT_MEMBER = re.compile(
    r"^(?:(?:public|static|readonly|abstract|async|get|set|declare|override)\s+)*([\w$]+)"
)
_CLOSED_BASES = frozenset(
    [
        "object",
        "ABC",
        "abc.ABC",
        "Protocol",
        "Exception",
        "ValueError",
        "RuntimeError",
        "KeyError",
        "LookupError",
        "TypeError",
        "BaseModel",
        "pydantic.BaseModel",
        "BaseSettings",
        "DeclarativeBase",
        "SQLModel",
        "Enum",
        "StrEnum",
        "IntEnum",
        "enum.Enum",
        "enum.StrEnum",
        "str",
        "int",
        "TypedDict",
        "NamedTuple",
    ]
)
"""Bases from outside that bring none of the members contracts name."""


def class_problems(
    promised: str,
    item: SourceExport,
    language: Language,
    path: str,
    index: Mapping[str, Exports],
    tree: Tree,
) -> list[tuple[Severity, str]]:
    """Which members are missing or called otherwise than promised.

    A missing member is a warning where the class has a base that cannot be seen: it may be
    inherited.
    """
    wanted = dict(_promised_members(promised, language))
    if not wanted:
        return []
    own, complete = _members(item, path, index, tree)
    problems: list[tuple[Severity, str]] = []
    for name, signature in wanted.items():
        if name not in own:
            severity = Severity.ERROR if complete else Severity.WARNING
            problems.append((severity, f"it has no member {name!r}"))
            continue
        first, second = signature_of(language, signature), signature_of(language, own[name])
        if first is None or second is None or "(" not in signature:
            continue
        reasons = broken_calls(first, second, by_name=language is Language.PYTHON)
        problems += [(Severity.ERROR, f"{name}: {reason}") for reason in reasons]
    return problems


def _members(
    item: SourceExport, path: str, index: Mapping[str, Exports], tree: Tree, depth: int = 0
) -> tuple[dict[str, str], bool]:
    """Members by name, with those of bases; and whether every base could be seen."""
    found: dict[str, str] = {}
    complete = depth < 8
    for base in item.bases if complete else ():
        name = re.sub(r"^extends\s+", "", base).partition("[")[0].partition("<")[0].strip()
        known = index[path].named(name) if path in index else None
        if known is not None and known.name != item.name:
            inherited, whole = _members(
                defined(known, path, index, tree), path, index, tree, depth + 1
            )
            seen = (
                known.kind == "class"
                or bool(inherited)
                or name in _CLOSED_BASES
                or (name == "Base")
            )
            found |= inherited
            complete = complete and whole and seen
        elif name not in _CLOSED_BASES and name != "Generic":
            complete = False
    for member in item.members:
        found[_name(member)] = member
    return found, complete


def _name(member: str) -> str:
    called = _DEF.match(member)
    if called:
        return called[1]
    found = _SCRIPT_MEMBER.match(member)
    return found[1] if found else member


def _promised_members(text: str, language: Language) -> Iterator[tuple[str, str]]:
    if language is Language.PYTHON:
        yield from _python_members(text)
        return
    start, end = text.find("{"), text.rfind("}")
    if language is Language.GO or start < 0 or end < start:
        return
    for part in _split(text[start + 1 : end]):
        found = _SCRIPT_MEMBER.match(part)
        if (found and found[1] != "constructor") or found:
            yield found[1], part


def _python_members(text: str) -> Iterator[tuple[str, str]]:
    """Of `class Loan(Base): id: int; def due(self) -> date; …`, on one line or many."""
    body = _after_head(text)
    spans: list[tuple[int, int]] = []
    for found in _DEF.finditer(body):
        end = _closing(body, found.end() - 1)
        rest = re.match(r"\s*->\s*[^;:\n]+", body[end:])
        end += rest.end() if rest else 0
        yield found[1], body[found.start() : end]
        spans.append((found.start(), end))
    for start, end in reversed(spans):
        body = f"{body[:start]};{body[end:]}"
    for part in _split(body):
        found = _FIELD.match(part)
        if found and found[1] != "pass" and (":" in part or "=" in part):
            yield found[1], part


def _after_head(text: str) -> str:
    """What follows `class Name(Bases):`."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == ":" and depth == 0:
            return text[place + 1 :]
    return ""


def _closing(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


def _split(text: str) -> Iterator[str]:
    """The parts of a body between semicolons and line ends, outside of brackets."""
    depth, start = 0, 0
    for place, character in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character in ";\n" and depth <= 0:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()
