"""Says where a JSON, TOML or YAML file does not parse."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import cast

import yaml

from codegen.source.findings import Finding, offending
from core.artifacts.structure import Severity

_WITH_COMMENTS = re.compile(
    r"[jt]sconfig(\.[\w.-]+)?\.json|\.eslintrc(\.json)?|\.babelrc|devcontainer\.json|.*\.jsonc"
    r"|(settings|launch|tasks|extensions)\.json|api-extractor\.json|pyrightconfig\.json"
    r"|(language-configuration)\.json"
)
"""Files whose readers take comments and trailing commas in JSON."""

_COMMENT_OR_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_PLACE = re.compile(r"at line (\d+), column (\d+)")


def json_findings(path: str, text: str) -> list[Finding]:
    """Where JSON does not parse; comments are taken where the file's readers take them."""
    plain = text.removeprefix("\ufeff")
    if _WITH_COMMENTS.fullmatch(PurePosixPath(path).name.lower()):
        plain = without_comments(plain)
    try:
        json.loads(plain, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return [_error(text, error.msg, error.lineno, error.colno)]
    except (ValueError, RecursionError) as error:
        return [_error(text, str(error) or type(error).__name__)]
    return []


def without_comments(text: str) -> str:
    """JSON without comments and trailing commas, every line where it was."""

    def blank(found: re.Match[str]) -> str:
        kept = found[0]
        return kept if kept.startswith('"') else "\n" * kept.count("\n")

    return _TRAILING_COMMA.sub(lambda comma: comma[1] or "", _COMMENT_OR_STRING.sub(blank, text))


def toml_findings(text: str) -> list[Finding]:
    """Where TOML does not parse."""
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        message = str(error) or type(error).__name__
        place = _PLACE.search(message)
        if place:
            return [_error(text, message, int(place[1]), int(place[2]))]
        # What lies open reaches to the end of the document.
        return [_error(text, message, text.rstrip("\n").count("\n") + 1)]
    return []


def yaml_findings(text: str) -> list[Finding]:
    """Where YAML does not parse, in any of its documents; tags may be of any kind."""
    anchors: set[str] = set()
    try:
        # Events, not nodes: they are made without recursion, however deep the text is.
        for event in _yaml_events(text):
            if isinstance(event, yaml.DocumentStartEvent):
                anchors.clear()
            elif isinstance(event, yaml.AliasEvent) and event.anchor not in anchors:
                line = event.start_mark.line + 1
                return [_error(text, f"the alias *{event.anchor} has no anchor before it", line)]
            elif isinstance(event, yaml.NodeEvent) and event.anchor:
                anchors.add(event.anchor)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = ", ".join(part for part in (error.context, error.problem) if part)
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return [_error(text, message or "it does not parse", *place)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return [_error(text, " ".join(str(error).split()) or type(error).__name__)]
    return []


def _yaml_events(text: str) -> Iterator[yaml.Event]:
    """What a safe parser reads, piece by piece; the C one where PyYAML was built with it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Iterator[yaml.Event]", yaml.parse(text, Loader=loader))  # pyright: ignore[reportUnknownMemberType] -- its stubs do not say what it takes


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _error(text: str, message: str, line: int = 0, column: int = 0) -> Finding:
    where = f": {offending(text, line)}" if line else ""
    return Finding(
        severity=Severity.ERROR,
        code="syntax",
        line=line,
        column=column,
        message=f"{message}{where}",
        suggestion="Write it so that a standard parser reads it.",
    )
