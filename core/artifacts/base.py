"""What every artifact has in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1


class Part(BaseModel):
    """A frozen piece of an artifact.

    Unknown keys are ignored, because models add keys nobody asked for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)


class Artifact(Part):
    """A JSON document that one stage writes and later stages read."""

    schema_version: Literal[1] = Field(
        default=SCHEMA_VERSION,
        title="Format version",
        description="Version of this document's format; leave it as it is.",
        json_schema_extra={"position": 99},
    )
