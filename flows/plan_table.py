"""The plan of a build as a table for a terminal, wide or narrow."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from core.printable import printable
from tasks.engine.plan import BuildPlan
from tasks.engine.plan_text import HEAD, plan_rows

_WIDE = 130
"""Columns from which on stage and models stand beside the amounts; else on a line above them."""

_GAP = "  "
_Row = Sequence[str]


def plan_table(plan: BuildPlan, width: int) -> RenderableType:
    """Each template of each stage and the sum, with amounts in columns and their ranges below.

    Args:
        plan: of a build.
        width: columns of the terminal.
    """
    rows = [tuple(map(printable, row)) for row in plan_rows(plan)]
    return _wide(rows) if width >= _WIDE else _narrow(rows)


def _wide(rows: Sequence[_Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in HEAD[:2]:
        table.add_column(name, overflow="fold")
    for name in HEAD[2:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        label, asked, *amounts = row
        if row is rows[-1]:
            table.add_section()
        table.add_row(
            Text(label, style="bold"),
            asked.replace(", else ", "\nelse "),
            *(Text("\n").join(map(Text, _lines_of(amount))) for amount in amounts),
        )
    return table


def _narrow(rows: Sequence[_Row]) -> Group:
    amounts = [[_lines_of(amount) for amount in row[2:]] for row in rows]
    widths = [
        max(map(len, [name, *(line for cell in column for line in cell)]))
        for name, *column in zip(HEAD[2:], *amounts, strict=True)
    ]
    lines = [Text(_aligned(HEAD[2:], widths), style="dim")]
    for (label, asked, *_), cells in zip(rows, amounts, strict=True):
        models = asked.replace(", else ", f"\n{_GAP}else ")
        lines.append(Text.assemble((label, "bold"), _GAP if label and asked else "", models))
        if any(cell[0].strip("–") for cell in cells):
            lines.append(Text(_aligned([cell[0] for cell in cells], widths)))
        if any(cell[1] for cell in cells):
            lines.append(Text(_aligned([cell[1] for cell in cells], widths), style="dim"))
    return Group(*lines)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
    return _GAP + _GAP.join(texts)


def _lines_of(amount: str) -> tuple[str, str]:
    """An amount, and its range if it has one."""
    mean, _, interval = amount.partition(" (")
    return mean, interval.removesuffix(")")
