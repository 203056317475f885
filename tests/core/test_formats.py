"""Documents of other formats: what is read, what is made of older ones, what is refused."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from core.artifacts.base import Artifact, Migration
from core.artifacts.build_record import BuildRecord

RECORD = {"build_id": "b-1", "project_id": "b", "project_name": "B", "user": "ann"}


def with_title(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "title": document["name"]}


class Titled(Artifact):
    """Had a name before format 1, where it is called a title."""

    migrations: ClassVar[Mapping[int, Migration]] = {
        -1: lambda document: {**document, "name": document["called"]},
        0: with_title,
    }
    title: str


def test_a_document_of_this_format_is_read_whatever_keys_it_lacks_or_has_besides() -> None:
    read = BuildRecord.model_validate({**RECORD, "schema_version": 1, "since_release_9": True})
    assert (read.made_by, read.release) == ({}, "")
    assert BuildRecord.model_validate(RECORD) == read


def test_an_older_one_is_read_where_the_way_is_known_step_by_step() -> None:
    assert Titled.model_validate({"schema_version": 0, "name": "a"}).title == "a"
    oldest = Titled.model_validate_json('{"schema_version": -1, "called": "b"}')
    assert (oldest.title, oldest.schema_version) == ("b", 1)


def test_an_older_one_without_a_way_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        ValidationError, match=r"schema_version is 0.* an older release wrote it; use"
    ):
        BuildRecord.model_validate({**RECORD, "schema_version": 0})
    with pytest.raises(ValidationError, match="older release wrote it"):
        Titled.model_validate({"schema_version": -2})


def test_a_newer_one_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValidationError, match="a newer release wrote it; use that release"):
        BuildRecord.model_validate({**RECORD, "schema_version": 2})


@pytest.mark.parametrize("version", ["1", 1.5, None])
def test_what_is_no_number_of_a_format_is_refused(version: object) -> None:
    with pytest.raises(ValidationError, match="schema_version"):
        BuildRecord.model_validate({**RECORD, "schema_version": version})
