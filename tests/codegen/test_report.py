from typing import Any

import pytest

from codegen.report import write_report
from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus, Usage
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.artifacts.structure import Severity, StructuralIssue, ValidatedStructure
from core.stages import load_stage_table, read_stage_rows
from tests.codegen.structures import MODULE

ROWS = read_stage_rows()
TABLE = load_stage_table(
    ROWS,
    providers={"huggingface", "zukijourney", "github-models", "deepseek", "gemini"},
    templates={use["template"] for row in ROWS for use in row.get("models", [])},
)
GREEN = TestReport(
    status="green",
    sandbox="bubblewrap",
    runner="pytest",
    cases=(TestCaseResult(name="test_a", path="tests/test_a.py", outcome=TestOutcome.PASSED),),
)
RED = TestReport(
    status="red",
    reason="1 test failed.",
    sandbox="bubblewrap",
    runner="pytest",
    cases=(
        *GREEN.cases,
        TestCaseResult(
            name="test_b",
            path="tests/test_a.py",
            outcome=TestOutcome.FAILED,
            message="assert 1 == 2\n# Heading | bar",
        ),
    ),
)


def report(tests: TestReport = GREEN, *, issues: Any = (), **changes: Any) -> str:
    done = StageRecord(
        status=StageStatus.COMPLETED,
        models=("deepseek/deepseek-v3",),
        usage=Usage(calls=2, input_tokens=1_000, output_tokens=50, cost_usd=0.25),
        seconds=1.25,
    )
    values = {
        "build_id": "b-1",
        "project_id": "b",
        "project_name": "Task Tracker",
        "user": "olga",
        "branch": "main",
        "stages": {"3": done},
        "totals": done.usage,
        **changes,
    }
    structure = ValidatedStructure(modules=(MODULE,), issues=issues)
    return write_report(TABLE, BuildRecord.model_validate(values), structure, tests)


def test_a_green_build_says_where_it_is_and_what_it_took() -> None:
    text = report()
    assert text.startswith("# Task Tracker\n\nThe tests are green. The repository is on `main`.")
    assert "- tokens: 1,000 in, 50 out" in text
    assert "| 3 schema-generator | deepseek/deepseek-v3 | 2 | 1,000 | 50 | $0.2500 | 1.2 |" in text
    assert "1 passed, run by pytest in bubblewrap." in text
    assert "demo" not in text


def test_a_red_build_says_first_that_it_is_not_verified_and_names_what_failed() -> None:
    text = report(RED, branch="review/b-1")
    assert (
        "**This is not verified**, so it is on the review branch `review/b-1`: 1 test failed"
        in (text)
    )
    assert "- `tests/test_a.py` test_b: assert 1 == 2 # Heading \\| bar" in text


def test_what_did_not_run_is_told_with_its_reason() -> None:
    tests = TestReport(status="not-run", reason="No sandbox works on this machine.")
    assert "Not run: No sandbox works on this machine." in report(tests)


@pytest.mark.parametrize(
    ("models", "share"), [("demo/demo", "this**"), ("openai/m", "part of this (see the stages)**")]
)
def test_what_a_demo_model_wrote_is_said_so(models: str, share: str) -> None:
    stage = StageRecord(status=StageStatus.COMPLETED, models=(models,))
    assert f"**A demo model wrote {share}" in report(demo=True, stages={"3": stage})


def test_issues_left_and_artifacts_edited_are_listed() -> None:
    issue = StructuralIssue(id="W", severity=Severity.WARNING, place="Task", message="odd")
    text = report(issues=(issue,), edited=("specs/schema.json",))
    assert "## Issues left standing\n\n- warning: Task: odd" in text
    assert "## Edited by hand\n\n- `specs/schema.json`" in text
