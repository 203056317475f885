"""A timesheet is read line by line; wrong lines are told and do not stop the others."""

from pathlib import Path

import pytest

from shift_tally.reading import read_file, read_sheet

HEAD = "date,start,end,break,project\n"
ROOF = "2025-04-01,08:00,12:00,,Roof\n"
CELLAR = "2025-03-31,13:00,17:00,15m,Cellar\n"


def test_reads_shifts_in_order() -> None:
    sheet = read_sheet([HEAD, ROOF, CELLAR])
    assert [entry.project for entry in sheet.entries] == ["Cellar", "Roof"]
    assert sheet.problems == ()


def test_tells_wrong_lines_by_number() -> None:
    sheet = read_sheet([HEAD, ROOF, "2025-04-01,early,12:00,,Roof\n", CELLAR])
    assert len(sheet.entries) == 2
    assert len(sheet.problems) == 1
    assert sheet.problems[0].startswith("line 3: 'early' is no time")


def test_tells_shifts_that_overlap() -> None:
    touching = "2025-04-01,12:00,13:00,,Cellar\n"
    overlapping = "2025-04-01,12:59,14:00,,Garden\n"
    assert read_sheet([HEAD, ROOF, touching]).problems == ()
    problems = read_sheet([HEAD, ROOF, touching, overlapping]).problems
    assert problems == ("2025-04-01: 'Garden' begins before 'Cellar' ends",)


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(HEAD + ROOF, encoding="utf-8")
    assert read_file(path).entries[0].minutes == 240
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "other.csv")
