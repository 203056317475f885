"""What goes into a stage's task and what comes out: plain data, so that results can be kept."""

import hashlib
import json
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from core.artifacts.base import Artifact
from core.artifacts.build_record import Usage

Outputs: TypeAlias = dict[str, Artifact | str]
"""What a stage's function returns: artifacts by path, documents as text."""


BASELINE = "baseline/"
"""Before the names of inputs that are artifacts of the build that is changed."""


class StageCall(BaseModel):
    """Everything that decides a stage's result.

    Attributes:
        stage: the stage's number.
        name: name of the task run; for people only, not part of the key.
        file: path of the file a fan-out task writes, else empty.
        inputs: texts the stage reads, by artifact path or name.
        edits: texts a person put in place of what the stage would write, by artifact path.
        identity: template digests and models that will answer.
        salt: set by a fresh build, so that it shares nothing with other builds.
    """

    model_config = ConfigDict(frozen=True)

    stage: str
    name: str
    file: str = ""
    inputs: dict[str, str] = Field(default_factory=dict)
    edits: dict[str, str] = Field(default_factory=dict)
    identity: tuple[str, ...] = ()
    salt: str = ""

    @property
    def result_key(self) -> str:
        """Under which its result is kept."""
        return f"{self.stage}-{self.cache_key()}"

    def cache_key(self) -> str:
        """Digest of all that decides the result, and of the result's type."""
        decisive = self.model_dump(mode="json", exclude={"name"})
        text = json.dumps([StageResult.__name__, decisive], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class StageResult(BaseModel):
    """What a stage wrote, and what it took.

    Attributes:
        outputs: texts by artifact path.
        usage: model calls whose answers were used.
        models: models that answered, as `provider/model`.
    """

    model_config = ConfigDict(frozen=True)

    outputs: dict[str, str] = Field(default_factory=dict)
    usage: Usage = Usage()
    models: tuple[str, ...] = ()


def as_text(value: BaseModel | str) -> str:
    """An output as it is stored: documents as they are, models as indented JSON."""
    return value if isinstance(value, str) else value.model_dump_json(indent=2) + "\n"
