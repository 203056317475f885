"""One cell of the benchmark's matrix, and what a side made of it."""

from benchmarks.sides.product import BASES
from core.artifacts.base import Part

CALLS_EACH = 2
"""Model calls for one file: the brief, then the file."""


class Cell(Part):
    """What is measured.

    Attributes:
        files: of the product.
        at_once: most files that are written at the same time.
        latency: seconds that the model takes for an answer.
    """

    files: int
    at_once: int
    latency: float

    @property
    def ideal_seconds(self) -> float:
        """Least time it takes if nothing but the model takes any."""
        first = min(BASES, self.files)
        rounds = -(-first // self.at_once) - (-(self.files - first) // self.at_once)
        return rounds * CALLS_EACH * self.latency


class Outcome(Part):
    """How a side wrote the files of a cell.

    Attributes:
        seconds: from the first file's beginning until all is kept.
        cpu_seconds: of its process, all threads.
        peak_mb: most memory its process had, in MiB, what starting it took included.
        cached_seconds: the same files once more, with everything kept; only of the shipped side.
        prompt_tokens: of the prompts about one file on average; only of the shipped side.
        largest_prompt_tokens: of the file whose prompts have most.
    """

    seconds: float
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    cached_seconds: float | None = None
    prompt_tokens: float | None = None
    largest_prompt_tokens: int | None = None
