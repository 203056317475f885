"""What every artifact has in common."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

SCHEMA_VERSION = 1

Migration: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes a document of one format one of the next; a pure function."""


class Part(BaseModel):
    """A frozen piece of an artifact.

    Unknown keys are ignored, because models add keys nobody asked for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class Artifact(Part):
    """A JSON document that one stage writes and later stages read.

    A document of this release's format is read, whatever release wrote it: keys may be added to a
    format, and those that are missing have defaults. One of an older format is read where the type
    knows how it became the next; one of a newer format never is.

    Attributes:
        migrations: from an older format's number to what makes the next one of it.
    """

    migrations: ClassVar[Mapping[int, Migration]] = {}

    schema_version: Literal[1] = Field(
        default=SCHEMA_VERSION,
        title="Format version",
        description="Version of this document's format; leave it as it is.",
        json_schema_extra={"position": 99},
    )

    @model_validator(mode="before")
    @classmethod
    def _in_this_format(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        document = cast("dict[str, Any]", given)
        version: object = document.get("schema_version")
        if type(version) is not int or version == SCHEMA_VERSION:
            return document  # what is no number at all is told by the field
        if version > SCHEMA_VERSION:
            raise PydanticCustomError(
                "newer_format",
                "schema_version is {version}, and this release reads {known}: a newer release "
                "wrote it; use that release, or a later one",
                {"version": version, "known": SCHEMA_VERSION},
            )
        for older in range(version, SCHEMA_VERSION):
            if older not in cls.migrations:
                raise PydanticCustomError(
                    "older_format",
                    "schema_version is {version}, and this release reads {known} and no format "
                    "from which it knows the way: an older release wrote it; use the release that "
                    "`release` in build.json names, or build again with --fresh",
                    {"version": version, "known": SCHEMA_VERSION},
                )
            document = {**cls.migrations[older](document), "schema_version": older + 1}
        return document
