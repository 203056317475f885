"""Redoing stages: each time, they get a new generation, and with it results of their own.

A generation is part of the key of results and answers. So a redo that was killed goes on where it
stopped, with or without the option, and what came before it is never mistaken for its work.
"""

from pydantic import Field

from core.artifacts.base import Part
from core.errors import ArtifactNotFoundError
from core.layout import REDO, build_prefix
from core.stages import StageTable
from providers.storage.artifact_store import ArtifactStore


class Redo(Part):
    """What was redone of a build; kept as `redo.json` beside the build record.

    Attributes:
        generations: number of redos of each stage; a stage that is not there was never redone.
        unfinished: the stage that the redo under way began with; empty when none is.
    """

    generations: dict[str, int] = Field(default_factory=dict[str, int])
    unfinished: str = ""


def begin_redo(redo: Redo, table: StageTable, from_stage: str) -> Redo:
    """A redo of all stages from one on; the same one goes on if it is not finished yet."""
    if not from_stage or redo.unfinished == from_stage:
        return redo
    position = table.position(from_stage)
    again = {stage.number for stage in table.stages[position:]}
    grown = {number: redo.generations.get(number, 0) + 1 for number in again}
    return Redo(generations={**redo.generations, **grown}, unfinished=from_stage)


async def load_redo(store: ArtifactStore, build_id: str) -> Redo:
    """What was redone of a build so far."""
    try:
        return await store.read_artifact(_key(build_id), Redo)
    except ArtifactNotFoundError:
        return Redo()


async def save_redo(store: ArtifactStore, build_id: str, redo: Redo) -> None:
    """Write down what was redone; a build of which nothing ever was has no such file."""
    if redo.generations:
        await store.write_artifact(_key(build_id), redo)


def _key(build_id: str) -> str:
    return build_prefix(build_id) + REDO
