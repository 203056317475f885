"""Chooses the range of versions of a package: its newest stable release that fits, and later ones.

Releases up to the next that may break its users are taken in, as each ecosystem counts them.
"""

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from semantic_version import (  # pyright: ignore[reportMissingTypeStubs] -- it has none
    NpmSpec,
)
from semantic_version import (  # pyright: ignore[reportMissingTypeStubs] -- it has none
    Version as NpmVersion,
)

from core.artifacts.packages import PackageListing, Release

PYTHON = "3.11"
"""The oldest Python that generated code runs on; manifests say so."""
NODE = "22.18.0"
"""The oldest Node that generated code runs on: the first that runs TypeScript as it is."""


def range_of(listing: PackageListing) -> str:
    """The range, as the ecosystem writes it; empty where no release fits or none is known."""
    usable = [release for release in listing.releases if not release.withdrawn]
    return _npm_range(usable) if listing.ecosystem == "npm" else _python_range(usable)


def _python_range(releases: list[Release]) -> str:
    fitting = [
        (release.installable, version)
        for release in releases
        if (version := _python_version(release.version)) and _runs_on_python(release.runs_on)
    ]
    if not fitting:
        return ""
    # Wheels are all that the sandbox installs, so an older release with one is worth more.
    _, newest = max(fitting)
    if newest.epoch:
        return f">={newest}"
    following = f"0.{newest.minor + 1}" if newest.major == 0 else f"{newest.major + 1}"
    return f">={newest.base_version},<{following}"


def _python_version(text: str) -> Version | None:
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    return None if version.is_prerelease or version.local else version


def _runs_on_python(specifier: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(f"{PYTHON}.0")
    except InvalidSpecifier:
        return True  # installers ignore what they cannot read


def _npm_range(releases: list[Release]) -> str:
    fitting = [
        version
        for release in releases
        if (version := _npm_version(release.version)) and _runs_on_node(release.runs_on)
    ]
    return f"^{max(fitting)}" if fitting else ""


def _npm_version(text: str) -> NpmVersion | None:
    try:
        version = NpmVersion(text)
    except ValueError:
        return None
    return None if version.prerelease else version


def _runs_on_node(specifier: str) -> bool:
    if not specifier:
        return True
    try:
        return NpmVersion(NODE) in NpmSpec(re.sub(r"([<>=^~])\s+", r"\1", specifier))
    except ValueError:
        return True  # npm only warns, whatever it says
