"""The range of versions of a package that the table does not know."""

import pytest

from codegen.scaffolds.ranges import range_of
from core.artifacts.packages import Ecosystem, PackageListing, Release


def listing(ecosystem: Ecosystem, *releases: Release) -> PackageListing:
    return PackageListing(name="x", ecosystem=ecosystem, status="found", releases=releases)


def plain(*versions: str) -> tuple[Release, ...]:
    return tuple(Release(version=version) for version in versions)


@pytest.mark.parametrize(
    ("ecosystem", "releases", "found"),
    [
        ("python", plain("1.2.3", "1.10.0", "1.9"), ">=1.10.0,<2"),
        ("python", plain("0.9.1", "0.10.2"), ">=0.10.2,<0.11"),
        ("python", plain("2.0.0rc1", "1.4", "2.0.dev1", "3.0+local"), ">=1.4,<2"),
        ("python", plain("2026.1.post2"), ">=2026.1,<2027"),
        ("python", plain("1!2.0"), ">=1!2.0"),
        ("python", plain("nonsense"), ""),
        ("python", (), ""),
        (
            "python",
            (Release(version="2.0", runs_on=">=3.13"), Release(version="1.0", runs_on=">=3.8")),
            ">=1.0,<2",
        ),
        ("python", (Release(version="2.0", runs_on=">=3.13"),), ""),
        ("python", (Release(version="2.0", runs_on="not a specifier"),), ">=2.0,<3"),
        (
            "python",
            (Release(version="3.0", installable=False), Release(version="2.1")),
            ">=2.1,<3",
        ),
        ("python", (Release(version="3.0", installable=False),), ">=3.0,<4"),
        ("python", (Release(version="3.0", withdrawn=True), *plain("2.1")), ">=2.1,<3"),
        ("npm", plain("1.2.3", "1.10.0"), "^1.10.0"),
        ("npm", plain("0.29.9", "1.0.0-beta.1"), "^0.29.9"),
        ("npm", plain("1.0", "latest"), ""),
        (
            "npm",
            (
                Release(version="3.0.0", runs_on=">= 26"),
                Release(version="2.0.0", runs_on="^20.19.0 || ^22.13.0 || >=24"),
            ),
            "^2.0.0",
        ),
        ("npm", (Release(version="3.0.0", runs_on="whatever you like"),), "^3.0.0"),
        ("npm", (Release(version="3.0.0", withdrawn=True),), ""),
    ],
)
def test_the_newest_stable_release_that_fits(
    ecosystem: Ecosystem, releases: tuple[Release, ...], found: str
) -> None:
    assert range_of(listing(ecosystem, *releases)) == found
    assert range_of(listing(ecosystem, *reversed(releases))) == found
