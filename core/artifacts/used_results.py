"""The results a build refers to: `results.json`, by which retention knows what is still needed."""

from pydantic import Field

from core.artifacts.base import Artifact


class UsedResults(Artifact):
    """Keys of the kept results that a build used, by stage.

    Attributes:
        stages: from a stage's number to the keys of its results, sorted.
    """

    stages: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])

    @property
    def keys(self) -> frozenset[str]:
        """All of them."""
        return frozenset(key for keys in self.stages.values() for key in keys)
