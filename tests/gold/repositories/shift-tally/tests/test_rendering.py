"""Totals are written for people and for programs."""

import json

from shift_tally.overtime import WeekBalance
from shift_tally.rendering import as_json, as_table, balance_table


def test_writes_a_table_with_a_sum() -> None:
    assert as_table("by project", {"Roof": 420, "Cellar": 65}).split("\n") == [
        "by project",
        "Roof    7h 00m",
        "Cellar  1h 05m",
        "total   8h 05m",
    ]


def test_writes_balances() -> None:
    lines = balance_table([WeekBalance("2025-W14", 2500, 100, 100)]).split("\n")
    assert lines[0].split() == ["week", "worked", "difference", "balance"]
    assert lines[1].split() == ["2025-W14", "41h", "40m", "1h", "40m", "1h", "40m"]


def test_writes_json() -> None:
    text = as_json({"Dächer": 420})
    assert json.loads(text) == {"Dächer": 420}
    assert text == '{\n  "Dächer": 420\n}'
