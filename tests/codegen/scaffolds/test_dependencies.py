"""From what models declare to what manifests list."""

import pytest

from codegen.scaffolds.dependencies import names_to_look_up, settle, tidy
from codegen.scaffolds.known_versions import known_versions
from core.artifacts.packages import Ecosystem, PackageListing, Release
from core.artifacts.structure import Dependency, Severity


def test_go_modules_are_said_to_be_unchecked() -> None:
    settled = settle(tidy([Dependency(name="example.org/x", ecosystem="go")]), {})
    assert [item.name for item in settled.dependencies] == ["example.org/x"]
    (note,) = settled.notes
    assert "example.org/x was not checked" in note


@pytest.mark.parametrize(
    ("name", "ecosystem"),
    [
        ("node:fs", "npm"),
        ("fs/promises", "npm"),
        ("os.path", "python"),
        ("Asyncio>=3.4", "python"),
    ],
)
def test_parts_of_the_platform_are_no_dependencies_however_they_are_written(
    name: str, ecosystem: Ecosystem
) -> None:
    tidied = tidy([Dependency(name=name, ecosystem=ecosystem)])
    assert (tidied.dependencies, tidied.issues) == ((), ())
    assert "itself and no dependency" in tidied.notes[0]


def test_a_distribution_with_a_dot_in_its_name_is_one() -> None:
    (item,) = tidy([Dependency(name="zope.interface")]).dependencies
    assert item.name == "zope-interface"


def python(name: str, *, development: bool = False, versions: str = "") -> Dependency:
    return Dependency(name=name, development=development, versions=versions)


def npm(name: str, *, development: bool = False) -> Dependency:
    return Dependency(name=name, ecosystem="npm", development=development)


def found(name: str, ecosystem: Ecosystem = "python", *versions: str) -> PackageListing:
    releases = tuple(Release(version=version) for version in versions)
    return PackageListing(name=name, ecosystem=ecosystem, status="found", releases=releases)


def test_names_are_spelt_once_and_repeats_are_merged() -> None:
    tidied = tidy(
        [
            python("SQLAlchemy", development=True),
            python("sqlalchemy[asyncio]>=1"),
            npm("express"),
            npm("express@4"),
        ]
    )
    assert [(item.name, item.development) for item in tidied.dependencies] == [
        ("sqlalchemy[asyncio]", False),
        ("express", False),
    ]


def test_a_package_that_needs_an_extra_gets_it_unless_one_was_chosen() -> None:
    names = [item.name for item in tidy([python("psycopg"), python("fastapi")]).dependencies]
    assert names == ["psycopg[binary]", "fastapi"]
    assert [item.name for item in tidy([python("psycopg[c]")]).dependencies] == ["psycopg[c]"]
    settled = settle(tidy([python("psycopg")]), {})
    assert settled.dependencies[0].versions == known_versions().python["psycopg"]


def test_what_a_platform_has_is_dropped_and_told() -> None:
    tidied = tidy([python("json"), python("AsyncIO"), npm("fs"), npm("express")])
    assert [item.name for item in tidied.dependencies] == ["express"]
    assert tidied.notes == (
        "json is a part of Python itself and no dependency.",
        "asyncio is a part of Python itself and no dependency.",
        "fs is a part of Node itself and no dependency.",
    )


def test_what_a_pack_needs_is_added_unless_it_is_there() -> None:
    needed = [python("fastapi"), python("pytest", development=True)]
    tidied = tidy([python("FastAPI[standard]", development=True)], needed)
    assert [(item.name, item.development) for item in tidied.dependencies] == [
        ("fastapi[standard]", False),
        ("pytest", True),
    ]


@pytest.mark.parametrize("name", ["two words", "x @ https://example.org/x.whl"])
def test_what_can_be_no_package_is_an_error(name: str) -> None:
    (issue,) = tidy([python(name)]).issues
    assert issue.severity is Severity.ERROR
    assert repr(name) in issue.message
    assert issue.source == "check"


def test_only_what_the_table_does_not_know_is_looked_up() -> None:
    dependencies = [python("fastapi"), npm("express"), python("acme"), npm("@acme/x")]
    assert names_to_look_up(dependencies) == (("python", "acme"), ("npm", "@acme/x"))
    assert names_to_look_up([python("acme[extra]")]) == (("python", "acme"),)
    assert names_to_look_up([python("acme", versions=">=1")]) == ()
    assert names_to_look_up([Dependency(name="example.org/x", ecosystem="go")]) == ()


def test_versions_come_from_the_table_then_from_the_index() -> None:
    tidied = tidy([python("fastapi"), python("acme"), npm("acme"), python("own", versions="==1")])
    listings = {
        ("python", "acme"): found("acme", "python", "2.1"),
        ("npm", "acme"): found("acme", "npm", "0.3.0"),
    }
    settled = settle(tidied, listings)  # pyright: ignore[reportArgumentType] -- literal keys
    assert [item.versions for item in settled.dependencies] == [
        known_versions().python["fastapi"],
        ">=2.1,<3",
        "^0.3.0",
        "==1",
    ]
    assert settled.notes == ()


def test_a_name_that_does_not_exist_is_an_error_with_near_names() -> None:
    missing = PackageListing(name="fastapy", ecosystem="python", status="missing")
    settled = settle(tidy([python("fastapy"), python("flask")]), {("python", "fastapy"): missing})
    assert [item.name for item in settled.dependencies] == ["flask"]
    (issue,) = settled.issues
    assert issue.place == "fastapy"
    assert issue.message == "the Python package index has no package 'fastapy'"
    assert "Near names that exist: fastapi" in issue.suggestion


def test_a_name_like_no_other_has_no_near_names() -> None:
    missing = PackageListing(name="zzqqxxyy", ecosystem="npm", status="missing")
    (issue,) = settle(tidy([npm("zzqqxxyy")]), {("npm", "zzqqxxyy"): missing}).issues
    assert issue.suggestion == "Name a package that exists, or do without it."


def test_what_could_not_be_checked_is_told_and_taken_in_any_version() -> None:
    silent = PackageListing(
        name="acme", ecosystem="npm", status="unknown", reason="it did not answer in time"
    )
    settled = settle(tidy([npm("acme")]), {("npm", "acme"): silent})
    assert [item.versions for item in settled.dependencies] == [""]
    assert settled.notes == (
        "acme was not checked: the npm registry could not be asked (it did not answer in time). "
        "It is required in any version.",
    )


def test_a_package_without_a_release_that_fits_is_told() -> None:
    settled = settle(
        tidy([python("acme")]), {("python", "acme"): found("acme", "python", "1.0rc1")}
    )
    assert [item.versions for item in settled.dependencies] == [""]
    assert "No release of acme is known to fit" in settled.notes[0]
