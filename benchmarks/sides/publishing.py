"""Writes the results into the documentation: a chart, and tables between two marks of a page."""

from pathlib import Path
from typing import Any, TypeAlias

import matplotlib
from matplotlib.figure import Figure

from benchmarks.sides.bounds import bounds_of
from benchmarks.sides.cell import Cell
from benchmarks.sides.measuring import BULLMQ, LANGGRAPH, LOOP, SHIPPED
from benchmarks.sides.peers import ROOT
from benchmarks.sides.results import Measured, Results
from core.markdown import table

CHART = ROOT / "docs" / "images" / "fan-out.svg"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN = "<!-- fan-out: begin -->"
END = "<!-- fan-out: end -->"

_SIDES = (LOOP, BULLMQ, LANGGRAPH, SHIPPED)
_COLOURS = {LOOP: "#b4bac1", BULLMQ: "#e2a03f", LANGGRAPH: "#5f9e6e", SHIPPED: "#3b6fa0"}
_INK, _GRID = "#25313c", "#e6e9ec"
_BAR = 0.2
_WIDTH_EACH, _HEIGHT = 1.5, 4.2
_STYLE: dict[str, Any] = {
    "svg.hashsalt": "fan-out",  # ids of the drawing's parts, the same for the same results
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": _GRID,
}

# Matplotlib leaves most keyword arguments untyped, which the type checker does not let pass.
_Figure: TypeAlias = Any
_Axes: TypeAlias = Any
_matplotlib: Any = matplotlib


def publish(results: Results) -> None:
    """Draw the chart and write the tables; the same results give the same files.

    Raises:
        ValueError: the page has no place for the tables.
    """
    draw(results, CHART)
    page = PAGE.read_text(encoding="utf-8")
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{str(PAGE)!r} lacks {BEGIN!r} or {END!r}, between which results stand")
    PAGE.write_text(f"{head}{begin}\n{tables(results)}{end}{tail}", encoding="utf-8")


def tables(results: Results) -> str:
    """What was measured, and what of it meets its bound, in Markdown."""
    head = (
        "files",
        "at once",
        "latency",
        "ideal",
        *_SIDES,
        "of the loop",
        "memory",
        "all kept",
        "a file",
    )
    rows = [_row(one) for one in results.measured]
    bounds = [
        (bound.what, bound.found, bound.bound, "met" if bound.met else "**missed**")
        for bound in bounds_of(results.measured)
    ]
    tokens = {
        one.cell.files: f"{one.prompt_tokens:,.0f} ({one.largest_prompt_tokens:,})"
        for one in results.measured
    }
    counted = [(str(files), tokens[files]) for files in sorted(tokens)]
    return "\n".join(
        [
            table(head, rows, left=0),
            table(("files", "prompt tokens of a file: on average (most)"), counted, left=0),
            table(("what", "measured", "bound", ""), bounds),
        ]
    )


def _row(one: Measured) -> tuple[str, ...]:
    cell = one.cell
    took = [f"{one.seconds(side):.2f} s" if side in one.turns[0] else "–" for side in _SIDES]
    return (
        f"{cell.files:,}",
        str(cell.at_once),
        f"{cell.latency:g} s",
        f"{cell.ideal_seconds:.1f} s",
        *took,
        f"{one.over(LOOP):.3f}",
        f"{one.peak_mb:.0f} MiB",
        f"{one.cached_seconds:.2f} s",
        f"{one.cached_seconds * 1_000 / cell.files:.1f} ms",
    )


def draw(results: Results, file: Path) -> None:
    """Draw how much of the ideal each side reaches, cell by cell, as an SVG file."""
    cells = results.measured
    with _matplotlib.rc_context(_STYLE):
        width = max(6.0, _WIDTH_EACH * len(cells))
        figure: _Figure = Figure(figsize=(width, _HEIGHT), layout="constrained")
        axes: _Axes = figure.add_subplot()
        for place, side in enumerate(_SIDES):
            shown = [(x, one) for x, one in enumerate(cells) if side in one.turns[0]]
            axes.bar(
                [x + (place - 1.5) * _BAR for x, _ in shown],
                [one.cell.ideal_seconds / one.seconds(side) for _, one in shown],
                width=_BAR,
                color=_COLOURS[side],
                label=side,
            )
        axes.set_xticks(range(len(cells)), [_label(one.cell) for one in cells])
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("ideal time / time taken")
        axes.grid(axis="y")
        figure.legend(loc="outside upper center", ncols=len(_SIDES), frameon=False)
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _label(cell: Cell) -> str:
    return f"{cell.files:,} files\n{cell.at_once} at once\n{cell.latency:g} s"
