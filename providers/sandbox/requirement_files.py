"""Reads the requirement files that pip knows, as far as they name packages and versions.

The format is pip's: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from core.errors import InputError
from providers.sandbox.strange_files import read_strange_file

REQUIREMENT_FILES = (
    *("requirements.txt", "requirements-dev.txt", "requirements-test.txt"),
    *("requirements-tests.txt", "requirements_dev.txt", "requirements_test.txt"),
    *("dev-requirements.txt", "test-requirements.txt"),
)
"""Names under which a repository keeps what it needs to run, and to be tested."""

_MOST_BYTES = 1024 * 1024
_MOST_FILES = 20
_COMMENT = re.compile(r"(?:^|\s)#.*")
_CONTINUED = re.compile(r"\\\n\s*")
_HASH = re.compile(r"\s--hash[= ]\S+")
_INCLUDED = re.compile(r"(?:-r|--requirement)[\s=]\s*(?P<name>\S+)")
_ITSELF = re.compile(r"(?:(?:-e|--editable)[\s=]\s*)?\.(?:\[[^\]]*\])?")


def has_requirement_files(tree: Path) -> bool:
    """Whether a project has one of these files."""
    return any((tree / name).exists() for name in REQUIREMENT_FILES)


def read_requirement_files(tree: Path) -> list[Requirement]:
    """What a project's requirement files ask for, those they name included.

    The project itself, which such a file may name as well, is left out.

    Raises:
        InputError: a file cannot be read, or has a line that is neither a requirement nor the name
            of another file of the project.
    """
    waiting = [name for name in REQUIREMENT_FILES if (tree / name).exists()]
    found: list[Requirement] = []
    seen: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if len(seen) > _MOST_FILES:
            raise InputError(f"{name} is one of over {_MOST_FILES} requirement files")
        for line in _lines(read_strange_file(tree / name, _MOST_BYTES)):
            if included := _INCLUDED.fullmatch(line):
                waiting.append(_beside(name, included["name"]))
            elif not _ITSELF.fullmatch(line):
                found.append(_requirement(name, line))
    return found


def _lines(text: str) -> Iterator[str]:
    for line in _CONTINUED.sub(" ", text.replace("\r\n", "\n")).splitlines():
        if plain := _HASH.sub("", _COMMENT.sub("", line)).strip():
            yield plain


def _beside(name: str, other: str) -> str:
    """The path of a file that another names relative to itself."""
    path = PurePosixPath(name).parent / other
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"{name} names {other!r}, which is not below its own folder")
    return str(path)


def _requirement(name: str, line: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise InputError(f"{name}: {line!r} is not a requirement") from error
