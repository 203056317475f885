"""What was measured, kept in a file so that a matrix of hours can be measured in parts."""

from pathlib import Path
from statistics import median

from benchmarks.sides.cell import Cell, Outcome
from benchmarks.sides.measuring import LOOP, SHIPPED
from core.artifacts.base import Part


class Measured(Part):
    """All turns of a cell, each with the outcome of every side that took part."""

    cell: Cell
    turns: tuple[dict[str, Outcome], ...]

    def over(self, side: str) -> float:
        """How the shipped side does beside another: above 1 it is faster; median of the turns."""
        return median(turn[side].seconds / turn[SHIPPED].seconds for turn in self.turns)

    def seconds(self, side: str) -> float:
        """Median of a side's turns."""
        return median(turn[side].seconds for turn in self.turns)

    @property
    def peers(self) -> tuple[str, ...]:
        """The other systems that took part."""
        return tuple(side for side in self.turns[0] if side not in {SHIPPED, LOOP})

    @property
    def peak_mb(self) -> float:
        """Most memory of the shipped side in any turn."""
        return max(turn[SHIPPED].peak_mb for turn in self.turns)

    @property
    def cached_seconds(self) -> float:
        """Of the shipped side with everything kept; median of the turns."""
        return median(turn[SHIPPED].cached_seconds or 0.0 for turn in self.turns)

    @property
    def prompt_tokens(self) -> float:
        """Of the prompts about one file on average; every turn asks the same."""
        return self.turns[0][SHIPPED].prompt_tokens or 0.0

    @property
    def largest_prompt_tokens(self) -> int:
        """Of the file whose prompts have most."""
        return self.turns[0][SHIPPED].largest_prompt_tokens or 0


class Results(Part):
    """Everything measured so far."""

    measured: tuple[Measured, ...] = ()

    def with_cell(self, new: Measured) -> "Results":
        """These results, with a cell measured anew or for the first time; in order."""
        others = [one for one in self.measured if one.cell != new.cell]
        return Results(measured=tuple(sorted([*others, new], key=lambda one: _order(one.cell))))


def _order(cell: Cell) -> tuple[float, int, int]:
    return cell.latency, cell.at_once, cell.files


def read_results(file: Path) -> Results:
    """The results in a file; none if there is no file."""
    return Results.model_validate_json(file.read_bytes()) if file.exists() else Results()


def write_results(file: Path, results: Results) -> None:
    """Keep results in a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(results.model_dump_json(indent=2) + "\n", encoding="utf-8")
