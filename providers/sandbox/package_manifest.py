"""What a generated npm project says it needs, read without running any of it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InputError
from providers.sandbox.strange_files import read_strange_file

MANIFEST = "package.json"
LOCK = "package-lock.json"

_MANIFEST_BYTES = 1024 * 1024
_LOCK_BYTES = 32 * 1024 * 1024

# A version, a range, a tag or another name in the registry; everything else that npm takes is an
# address or a path (npm's documentation of `package.json`, "dependencies").
_FROM_REGISTRY = re.compile(r"(?:npm:(?:@[\w.~-]+/)?[\w.~-]+(?:@[^/:]*)?|[^/:~]?[^/:]*)")


class _Manifest(BaseModel):
    model_config = ConfigDict(strict=True)

    dependencies: dict[str, str] = {}
    dev: dict[str, str] = Field(default={}, alias="devDependencies")
    optional: dict[str, str] = Field(default={}, alias="optionalDependencies")
    peers: dict[str, str] = Field(default={}, alias="peerDependencies")
    peers_meta: dict[str, Any] = Field(default={}, alias="peerDependenciesMeta")
    overrides: dict[str, Any] = {}
    workspaces: Any = None


class PackageNeeds(BaseModel):
    """What npm installs for a project.

    Attributes:
        manifest: the part of its `package.json` that decides that, as JSON; no scripts.
        lock: its `package-lock.json`; empty without one.
        any: whether there is anything to install.
    """

    model_config = ConfigDict(frozen=True)

    manifest: str
    lock: str
    any: bool


def read_package_needs(project: Path) -> PackageNeeds:
    """Read what a project needs from its `package.json`, and its lock file where it has one.

    Raises:
        InputError: the file is missing or malformed, or a dependency names an address or a path
            instead of a version, from where an install would fetch anything.
    """
    manifest = _parse(read_strange_file(project / MANIFEST, _MANIFEST_BYTES))
    if manifest.workspaces is not None:
        raise InputError(
            f"{MANIFEST} has workspaces, which are not installed here; give each package its own "
            "dependencies"
        )
    for group in (manifest.dependencies, manifest.dev, manifest.optional, manifest.peers):
        _require_registry(group)
    _require_registry(_flat(manifest.overrides))
    kept = manifest.model_dump(by_alias=True, exclude_defaults=True)
    lock = ""
    if (project / LOCK).exists():
        lock = read_strange_file(project / LOCK, _LOCK_BYTES)
    return PackageNeeds(
        manifest=json.dumps({"name": "generated", "private": True, **kept}, sort_keys=True),
        lock=lock,
        any=bool(manifest.dependencies or manifest.dev or manifest.optional or manifest.peers),
    )


def _parse(text: str) -> _Manifest:
    try:
        return _Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{MANIFEST}{place and f', {place}'}: {first['msg']}") from error


def _require_registry(group: Mapping[str, str]) -> None:
    for name, version in group.items():
        if not _FROM_REGISTRY.fullmatch(version.strip()):
            raise InputError(
                f"{MANIFEST} requires {name!r} as {version!r}: only versions from the package "
                "registry are installed, no addresses and no paths"
            )


def _flat(overrides: Mapping[str, Any]) -> dict[str, str]:
    """The versions that overrides name, at any depth."""
    found: dict[str, str] = {}
    for name, value in overrides.items():
        if isinstance(value, dict):
            found |= _flat(value)  # pyright: ignore[reportUnknownArgumentType] -- JSON
        else:
            found[name] = str(value)
    return found
