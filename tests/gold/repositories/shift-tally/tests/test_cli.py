"""The command answers with a report and an exit code."""

import json
from pathlib import Path

import pytest

from shift_tally.cli import main

SHEET = """\
date,start,end,break,project
2025-03-31,08:00,17:00,1h,Roof
2025-04-01,08:00,12:00,,Cellar
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def test_reports_days(sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(sheet)]) == 0
    output = capsys.readouterr().out
    assert output.startswith("by day\n2025-03-31   8h 00m\n")
    assert "total       12h 00m" in output


def test_reports_projects_as_json(sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(sheet), "--by", "project", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"Roof": 480, "Cellar": 240}


def test_reports_the_balance(sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["balance", str(sheet), "--contract", "10h"]) == 0
    assert capsys.readouterr().out.split()[-2:] == ["2h", "00m"]
    assert main(["balance", str(sheet)]) == 0
    assert capsys.readouterr().out.split()[-2:] == ["-28h", "00m"]


def test_tells_problems_and_goes_on(sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet.write_text(f"{SHEET}2025-04-02,noon,13:00,,Roof\n", encoding="utf-8")
    assert main(["report", str(sheet)]) == 1
    captured = capsys.readouterr()
    assert "line 4: 'noon' is no time" in captured.err
    assert "12h 00m" in captured.out


def test_says_when_the_sheet_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path / "none.csv")]) == 2
    assert "No such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["balance", "x.csv", "--contract", "much"])
