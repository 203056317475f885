import base64
import csv
from io import StringIO

import pytest

from providers.storage.call_statistics import ErrorCount
from tasks.usage.tables import model_rows, write_csv, write_page
from tests.tasks.usage.usage_samples import group, report

ERROR = ErrorCount(error_class="ProviderFailedError", provider="p", model="m", calls=1)


def test_an_empty_report_says_that_there_is_nothing_yet() -> None:
    page = write_page(report(), None, "/store/usage.csv")
    assert "**Nothing yet**: no model was asked from 2026-11-01 to 2026-11-22 (UTC)" in page
    assert "|" not in page
    assert model_rows(report()) == [{"model": "no model was asked"}]


def test_the_page_shows_the_chart_every_table_and_the_errors() -> None:
    page = write_page(report(group("p/m"), errors=(ERROR,)), b"PNG", "/store/usage.csv")
    assert f"(data:image/png;base64,{base64.b64encode(b'PNG').decode()})" in page
    for title in ("Models", "Stages", "Users", "Builds", "Providers", "Errors"):
        assert f"\n## {title}\n" in page
    assert "| `p/m` | 10 | 90.0 % | 1,000 / 500 | $1.5000 | 2.0 s | 9.5 s |" in page
    assert "| `ProviderFailedError` | `p/m` | 1 | 10.0 % |" in page
    assert "`/store/usage.csv`" in page


def test_no_errors_are_said_to_be_none() -> None:
    assert "## Errors\n\nNone." in write_page(report(group("p/m")), None, "x")


def test_names_cannot_break_out_of_their_cell() -> None:
    page = write_page(report(group("p/`x` | <b>\nrow")), None, "x")
    (row,) = [line for line in page.splitlines() if "<b>" in line and "half" not in line][:1]
    assert row.startswith("| ``p/`x` \\| <b> row`` | 10 |")


def test_long_tables_say_how_many_rows_are_left_out() -> None:
    page = write_page(report(*(group(f"p/m{number}") for number in range(30))), None, "x")
    assert "… and 5 more, in the files." in page


def test_models_without_an_answer_have_dashes() -> None:
    silent = group("p/m", answered=0, failed=0, p50_seconds=None, p95_seconds=None)
    assert model_rows(report(silent))[0]["half within"] == "–"
    assert model_rows(report(silent))[0]["answered"] == "–"


def test_the_csv_has_the_total_and_every_group() -> None:
    rows = list(csv.DictReader(StringIO(write_csv(report(group("p/m"))))))
    assert [(row["by"], row["name"]) for row in rows[:2]] == [("all", "all"), ("model", "p/m")]
    assert rows[1]["success_rate"] == "0.9"
    assert rows[1]["cost_usd"] == "1.5"
    assert rows[1]["p95_seconds"] == "9.5"
    assert {row["by"] for row in rows} == {"all", "model", "provider", "stage", "user", "build"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_name_is_a_formula_in_a_spreadsheet(start: str) -> None:
    name = f"{start}HYPERLINK(1)"
    rows = list(csv.DictReader(StringIO(write_csv(report(group(name, cost="0.5"))), newline="")))
    assert f"'{name}" in [row["name"] for row in rows]
    assert name not in [row["name"] for row in rows]
    assert "0.5" in [row["cost_usd"] for row in rows]


def test_an_error_of_a_model_without_calls_is_shown_all_the_same() -> None:
    error = ErrorCount(error_class="ProviderFailedError", provider="p", model="unknown", calls=2)
    assert "| 2 | 100.0 % |" in write_page(report(group("p/m"), errors=(error,)), None, "f")
