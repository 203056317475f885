"""What a generated Python repository says it needs, read without running any of it."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.dependency_groups import DependencyGroupResolver
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InputError
from providers.sandbox.requirement_files import has_requirement_files, read_requirement_files
from providers.sandbox.strange_files import read_strange_file

MANIFEST = "pyproject.toml"

_MANIFEST_BYTES = 1024 * 1024
_TEST_GROUPS = ("dev", "test", "tests")
_RUNNER = "pytest"


class _Project(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str = ""
    dependencies: list[str] = []
    extras: dict[str, list[str]] = Field(default={}, alias="optional-dependencies")


class _Manifest(BaseModel):
    model_config = ConfigDict(strict=True)

    project: _Project = _Project()
    groups: dict[str, list[str | dict[str, str]]] = Field(default={}, alias="dependency-groups")


def read_requirements(tree: Path) -> tuple[str, ...]:
    """What it takes to run a repository's tests, as its `pyproject.toml` declares it.

    That is `[project].dependencies`, the extras and dependency groups named `dev`, `test` and
    `tests`, and pytest where none of them asks for it. Where it lists no dependencies, or there is
    no such file, the requirement files that pip knows count as well.

    Returns:
        Requirements in a fixed spelling and order, each once.

    Raises:
        InputError: the files are missing or malformed, or a requirement names an address or a path
            instead of a version, from where an install would fetch and run anything.
    """
    others = has_requirement_files(tree)
    exists = (tree / MANIFEST).exists() or not others
    manifest = _read_manifest(tree / MANIFEST) if exists else _Manifest()
    found = [*_declared(manifest.project), *_grouped(manifest.groups)]
    source = MANIFEST
    if others and "dependencies" not in manifest.project.model_fields_set:
        found += read_requirement_files(tree)
        source = "the repository"
    for requirement in found:
        if requirement.url is not None:
            raise InputError(
                f"{source} requires {str(requirement)!r}: only versions from the package index"
                " are installed, no addresses and no paths"
            )
    if all(canonicalize_name(requirement.name) != _RUNNER for requirement in found):
        found.append(Requirement(_RUNNER))
    return tuple(sorted({str(requirement) for requirement in found}))


def _read_manifest(path: Path) -> _Manifest:
    try:
        return _Manifest.model_validate(tomllib.loads(read_strange_file(path, _MANIFEST_BYTES)))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{MANIFEST} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{MANIFEST}, {place}: {first['msg']}") from error


def _declared(project: _Project) -> Iterator[Requirement]:
    """Requirements of the project and its test extras, with the extras they name followed."""
    extras = {canonicalize_name(name): items for name, items in project.extras.items()}
    itself = canonicalize_name(project.name)
    waiting = [name for name in _TEST_GROUPS if name in extras]
    followed = set(waiting)
    yield from _parse(project.dependencies, "project.dependencies")
    while waiting:
        extra = waiting.pop(0)
        for requirement in _parse(extras[canonicalize_name(extra)], f"the extra {extra!r}"):
            if canonicalize_name(requirement.name) != itself:
                yield requirement
                continue
            # "this-project[docs]": not another project of that name, but more of its extras.
            named = {canonicalize_name(name) for name in requirement.extras}
            waiting += sorted((named & extras.keys()) - followed)
            followed |= named


def _grouped(groups: Mapping[str, list[str | dict[str, str]]]) -> Iterator[Requirement]:
    try:
        resolver = DependencyGroupResolver(groups)
        names = {canonicalize_name(name) for name in groups}
        for name in _TEST_GROUPS:
            if name in names:
                yield from resolver.resolve(name)
    except ExceptionGroup as errors:
        reasons = "; ".join(str(error) for error in errors.exceptions)
        raise InputError(f"{MANIFEST}, dependency-groups: {reasons}") from errors


def _parse(items: Iterable[str], place: str) -> Iterator[Requirement]:
    for item in items:
        try:
            yield Requirement(item)
        except InvalidRequirement as error:
            raise InputError(f"{MANIFEST}, {place}: {item!r} is not a requirement") from error
