"""Reads a Dockerfile as far as its instructions go.

The grammar here knows less than Docker's own reader, but the instructions are a closed list:
https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from codegen.source.findings import Finding
from core.artifacts.structure import Severity

INSTRUCTIONS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
        *("LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME"),
        "WORKDIR",
    }
)
_ESCAPE = re.compile(r"\A(?:#[^\n]*\n)*?#\s*escape\s*=\s*`", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*([\"']?)([A-Za-z_]\w*)\1")


def dockerfile_findings(text: str) -> list[Finding]:
    """Say which lines begin with what is no instruction, and whether no image is named first."""
    found = list(_instructions(text))
    findings = [
        _error(line, f"{word!r} is no instruction of a Dockerfile", _nearest(word))
        for line, word in found
        if word.upper() not in INSTRUCTIONS
    ]
    first = next(((line, word) for line, word in found if word.upper() != "ARG"), None)
    if first and not findings and first[1].upper() != "FROM":
        findings.append(
            _error(first[0], f"{first[1]!r} stands before any FROM", "Begin with FROM.")
        )
    return findings


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """The first word of every instruction, with its line; not of what continues one."""
    mark = "`" if _ESCAPE.match(text) else "\\"
    continued = False
    ends: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        plain = line.strip()
        if ends:
            if plain == ends[0]:
                ends.pop(0)
            continue
        if not plain or plain.startswith("#"):
            continue
        if not continued:
            yield number, plain.split(maxsplit=1)[0]
        continued = plain.endswith(mark)
        ends = [found[2] for found in _HEREDOC.finditer(plain)]


def _nearest(word: str) -> str:
    near = get_close_matches(word.upper(), sorted(INSTRUCTIONS), 1)
    return f"Perhaps {near[0]} is meant." if near else "Write one instruction on each line."


def _error(line: int, message: str, suggestion: str) -> Finding:
    return Finding(
        severity=Severity.ERROR, code="syntax", line=line, message=message, suggestion=suggestion
    )
