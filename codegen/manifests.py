"""Says which files are manifests, and reads which packages they declare."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, Literal, cast

from codegen.source.packages import canonical
from core.artifacts.structure import Dependency

Ecosystem = Literal["python", "npm", "go"]

_FIXING_VERSIONS = re.compile(
    r"pyproject\.toml|setup\.(?:py|cfg)|pipfile(?:\.lock)?|(?:poetry|pdm|uv|yarn|bun)\.lock"
    r"|pylock(?:\.[^/]*)?\.toml|environment\.ya?ml|conda[^/]*\.ya?ml|bun\.lockb"
    r"|(?:[^/]*requirements|constraints)[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)"
    r"|package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum"
)
"""Files that say which versions of packages are installed, by their paths' ends in lower case."""

_MANIFESTS: tuple[tuple[re.Pattern[str], Ecosystem], ...] = (
    (re.compile(r"pyproject\.toml|requirements[^/]*\.(?:txt|in)"), "python"),
    (re.compile(r"package\.json"), "npm"),
    (re.compile(r"go\.mod"), "go"),
)
_NPM_KEYS = (
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
)
_LONGEST_NAME = 100
_GO_INDIRECT = re.compile(r"(?m)^.*//\s*indirect\b.*$")
_GO_REQUIRED = re.compile(r"(?m)^\s*(?:require\s+)?([\w.-]+\.[\w.-]+/\S+|[\w.-]+\.\w+)\s+v\d")
_NAMED = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[|[<>=!~;@,\s(]|$)")


def fixes_versions(path: str) -> bool:
    """Whether a file is a manifest or lock that only programs may write.

    Models know versions that are years old, or that never were. `go.mod` is none of these: no
    pack serves it.
    """
    *_, folder, name = ("", *path.casefold().split("/"))
    return bool(_FIXING_VERSIONS.fullmatch(name) or _FIXING_VERSIONS.fullmatch(f"{folder}/{name}"))


def refuse_undeclared_modules(path: str, text: str, declared: Iterable[Dependency]) -> None:
    """Hold a `go.mod` to the declared dependencies; what these bring along is marked `indirect`.

    Raises:
        ValueError: it requires others; the message is fit to be shown to the model that wrote it.
    """
    if PurePosixPath(path).name != "go.mod":
        return
    known = [item.name for item in declared if item.ecosystem == "go"]
    required = cast("list[str]", _GO_REQUIRED.findall(_GO_INDIRECT.sub("", text)))
    for name in required:
        if not any(name == item or name.startswith(f"{item}/v") for item in known):
            raise ValueError(
                f"{path!r} requires {name!r}, which is no declared dependency; require these "
                f"alone: {', '.join(known) or 'none'}"
            )


class Declared:
    """The packages that the manifests of a repository declare, each for the files below it.

    Args:
        files: texts of the repository's files by path.
        planned: what holds where no manifest does.
    """

    def __init__(self, files: Mapping[str, str], planned: Iterable[Dependency]) -> None:
        self._planned = tuple(planned)
        self._found: dict[tuple[Ecosystem, str], list[Dependency]] = {}
        for path, text in files.items():
            folder, _, name = path.rpartition("/")
            for pattern, ecosystem in _MANIFESTS:
                if pattern.fullmatch(name) and (names := _names(name, text)) is not None:
                    known = self._found.setdefault((ecosystem, folder), [])
                    known += [
                        Dependency(name=item, ecosystem=ecosystem)
                        for item in names
                        if 0 < len(item) <= _LONGEST_NAME  # no other can be imported
                    ]

    def of(self, path: str) -> tuple[Dependency, ...]:
        """What a file may import: of each ecosystem what the nearest manifest above it declares."""
        return tuple(
            item for ecosystem in ("python", "npm", "go") for item in self._nearest(path, ecosystem)
        )

    def _nearest(self, path: str, ecosystem: Ecosystem) -> list[Dependency]:
        for folder in PurePosixPath(path).parents:
            name = "" if str(folder) == "." else str(folder)
            if (ecosystem, name) in self._found:
                return self._found[ecosystem, name]
        return [item for item in self._planned if item.ecosystem == ecosystem]


def own_packages_of(texts: Mapping[str, str]) -> frozenset[str]:
    """Modules by whose names a repository's own `pyproject.toml` files call their projects.

    Args:
        texts: of the repository's files by path; a manifest that cannot be read names nothing.
    """
    names: set[str] = set()
    for path, text in texts.items():
        if PurePosixPath(path).name == "pyproject.toml":
            with suppress(ValueError, RecursionError):
                names.update(_own_name(tomllib.loads(text)))
    return frozenset(canonical(name).replace("-", "_") for name in names)


def _names(manifest: str, text: str) -> list[str] | None:
    """Names that a manifest declares, its own among them; `None` where it cannot be read."""
    try:
        if manifest == "pyproject.toml":
            return _python_names(tomllib.loads(text))
        if manifest == "package.json":
            return _npm_names(json.loads(text))
    except (ValueError, RecursionError):
        return None
    if manifest == "go.mod":
        return _GO_REQUIRED.findall(text)
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(("#", "-")))
    return [*_requirements(lines), "pytest"]


def _python_names(document: dict[str, Any]) -> list[str] | None:
    """Of a project that declares nothing where the standard says, nothing is known."""
    project = _table(document.get("project"))
    poetry = _table(_table(document.get("tool")).get("poetry"))
    if not project and not poetry:
        return None
    lists: list[object] = [project.get("dependencies", [])]
    lists += _table(project.get("optional-dependencies")).values()
    lists += _table(document.get("dependency-groups")).values()
    groups = [_table(group) for group in _table(poetry.get("group")).values()]
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [group.get("dependencies") for group in groups]
    named = [name for table in tables for name in _table(table) if canonical(name) != "python"]
    found = [item for values in lists for item in _texts(values)]
    # The runner is installed in any case.
    return [*_requirements(found), *named, *_own_name(document), "pytest"]


def _own_name(document: dict[str, Any]) -> list[str]:
    poetry = _table(_table(document.get("tool")).get("poetry"))
    own = _table(document.get("project")).get("name") or poetry.get("name")
    return [own] if isinstance(own, str) else []


def _npm_names(document: object) -> list[str] | None:
    manifest = _table(document)
    if not manifest:
        return None
    own = manifest.get("name")
    names = [name for key in _NPM_KEYS for name in _table(manifest.get(key))]
    return [*names, *([own] if isinstance(own, str) else [])]


def _requirements(items: Iterable[str]) -> Iterator[str]:
    for item in items:
        if match := _NAMED.match(item):
            yield match[1]


def _texts(values: object) -> list[str]:
    items = cast("list[object]", values) if isinstance(values, list) else []
    return [item for item in items if isinstance(item, str)]


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
