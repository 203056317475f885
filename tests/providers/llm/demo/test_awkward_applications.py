"""Builds applications from awkward questionnaires, imports them and runs their own tests."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase

from core.artifacts.questionnaire import FieldType, Questionnaire
from providers.llm.demo.names import is_reserved
from tests.providers.llm.demo.checks import check_build, write_tree
from tests.providers.llm.demo.driver import build


class _Base(DeclarativeBase):
    """What generated records inherit from."""


_BUILTINS = ("bool", "dict", "float", "id", "int", "list", "property", "set", "str", "type")
_OF_METHODS = ("self", "cls", "session", "values", "record", "asked", "name", "client", "number")
_OF_LIBRARIES = (
    *("metadata", "registry", "mapped_column", "relationship", "query", "columns", "dt", "ids"),
    *("copy", "json", "dict", "schema", "validate", "construct", "model_config", "model_fields"),
    *("model_dump", "model_year", "limit", "offset", "sort", "search", "linked_ids", "rowid"),
)


def _reference(name: str, target: str, description: str = "", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "reference",
        "target": target,
        "required": True,
        "description": description,
        **more,
    }


def _fields(
    *names: str, kinds: tuple[FieldType, ...] = (FieldType.STRING,)
) -> list[dict[str, Any]]:
    return [
        {"name": name, "type": kinds[number % len(kinds)], "required": number % 3 == 0}
        for number, name in enumerate(dict.fromkeys(names))
    ]


_VARIED = (FieldType.INTEGER, FieldType.DATETIME, FieldType.TEXT, FieldType.BOOLEAN, FieldType.DATE)

_NAMES: list[dict[str, Any]] = [
    {
        "name": "Test",
        "fields": [
            *_fields(*_BUILTINS, *_OF_METHODS, kinds=(FieldType.STRING, *_VARIED)),
            _reference("test results", "Test Result", required=False),
        ],
    },
    {
        "name": "Test Result",
        "fields": [
            *_fields(*_OF_LIBRARIES, "Mapped", "Field", "elements"),
            _reference("property", "Address", "many of them"),
            _reference("self", "Address"),
            _reference("linked", "Address", "several", required=False),
        ],
    },
    {
        "name": "Address",
        "fields": [
            *_fields("address", "address 1", "1 address", "x 1 address", "number 1 address 1"),
            *_fields("mail", "mail 1", kinds=(FieldType.EMAIL,)),
            *_fields("site", "site 1", kinds=(FieldType.URL,)),
            {"name": "kind", "type": "choice", "required": True, "choices": ["#1 address", "é"]},
        ],
    },
    {"name": "Page", "fields": _fields("page", "record")},
    {"name": "Record", "fields": [_reference("link", "Link", "exactly one")]},
    {"name": "Link", "fields": [_reference("page", "Page"), _reference("pages", "Page")]},
    {"name": "Test Client", "fields": _fields("test")},
]


def _chain(length: int) -> list[dict[str, Any]]:
    """Kinds of records that each require two of the one before, and the very first of all."""
    chain: list[dict[str, Any]] = [{"name": "Kind 0", "fields": _fields("name")}]
    for number in range(1, length):
        before = f"Kind {number - 1}"
        references = [_reference(f"r{column}", before) for column in range(2)]
        references.append(_reference("first", "Kind 0"))
        if number == 2:
            references.append(_reference("links", before, "several"))
        chain.append({"name": f"Kind {number}", "fields": references})
    chain.append({"name": "Pair", "fields": [_reference("one", f"Kind {length - 1}", "unique")]})
    return chain


async def _written(entities: list[dict[str, Any]], folder: Path) -> dict[str, int]:
    """Build and write an application; returns how many tests each of its files was to hold."""
    given = {"project_name": "Awkward", "summary": "It keeps records.", "entities": entities}
    made = await build(Questionnaire.model_validate(given))
    check_build(made)
    write_tree(made, folder)
    paths = [test.path for test in made.structure.tests]
    return {path: paths.count(path) for path in paths}


def _passed(folder: Path, *paths: str) -> int:
    """Run generated tests, where warnings of names that hide others are failures, too."""
    flags = ("-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error::UserWarning")
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *flags, *paths],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    return int(passed[1])


async def test_awkward_names_make_a_working_application(tmp_path: Path) -> None:
    planned = await _written(_NAMES, tmp_path)
    assert _passed(tmp_path) == sum(planned.values())


async def test_deep_chains_of_references_need_few_records(tmp_path: Path) -> None:
    planned = await _written(_chain(13), tmp_path)
    paths = [file for file in planned if file.endswith(("kind2.py", "kind_2.py", "pair.py"))]
    assert len(paths) == 2
    assert _passed(tmp_path, *paths) == sum(planned[path] for path in paths)


@pytest.mark.parametrize("base", [BaseModel, _Base])
def test_no_field_hides_what_the_libraries_classes_have(base: type) -> None:
    """Asked of the installed libraries, so that an upgrade that adds a name is noticed."""
    public = [name for name in dir(base) if not name.startswith("_")]
    assert public
    assert [name for name in public if not is_reserved(name)] == []
