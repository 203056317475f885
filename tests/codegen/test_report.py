from collections.abc import Mapping
from typing import Any

import pytest

from codegen.report import ReportSources, make_report
from codegen.report_page import committed_page, report_page
from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus, Usage
from core.artifacts.build_report import BuildReport, FileEffort
from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.fixes import Fix, Fixes, FixOutcome
from core.artifacts.questionnaire import Stack
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome, TestReport
from core.artifacts.specs import ClarificationHistory, ClarificationRound, ClarifyingQuestion
from core.artifacts.structure import Severity, StructuralIssue, ValidatedStructure
from core.stages import load_stage_table, read_stage_rows
from tests.codegen.structures import MODULE, SPEC

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
NOT_NEEDED = Fixes(status="not-needed")
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

NOBODY_ASKED = ClarificationHistory()


def made(
    tests: TestReport = GREEN,
    *,
    issues: Any = (),
    asked: Stack = SPEC.stack,
    assumptions: tuple[str, ...] = (),
    fixes: Fixes = NOT_NEEDED,
    efforts: Mapping[str, FileEffort] = {},
    prompts: tuple[FilePrompt, ...] = (),
    notes: tuple[str, ...] = (),
    asked_of_person: ClarificationHistory = NOBODY_ASKED,
    **changes: Any,
) -> BuildReport:
    done = StageRecord(
        status=StageStatus.COMPLETED,
        models=("deepseek/deepseek-v3",),
        attempts=1,
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
    structure = ValidatedStructure(modules=(MODULE,), issues=issues, notes=notes)
    spec = SPEC.model_copy(update={"assumptions": assumptions})
    record = BuildRecord.model_validate(values)
    return make_report(
        ReportSources(
            table=TABLE,
            record=record,
            structure=structure,
            files={"tests/test_tasks.py": "x = 1\n", "app/models.py": "y = 2\n", "e.py": ""},
            tests=tests,
            fixes=fixes,
            asked=asked,
            spec=spec,
            prompts=FilePrompts(budget=6_000, files=prompts),
            asked_of_person=asked_of_person,
            efforts=efforts,
        )
    )


def report(*arguments: Any, **changes: Any) -> str:
    return report_page(made(*arguments, **changes))


def test_a_green_build_says_where_it_is_and_what_it_took() -> None:
    text = report()
    assert text.startswith("# Task Tracker\n\nThe tests are green. The repository is on `main`.")
    assert "- tokens: 1,000 in, 50 out" in text
    assert (
        "| 3 schema-generator | deepseek/deepseek-v3 | 1 | 2 | 1,000 | 50 | $0.2500 | 1.2 |" in text
    )
    assert "1 passed, run by pytest in bubblewrap." in text
    assert "demo" not in text


def test_a_red_build_says_first_that_it_is_not_verified_and_names_what_failed() -> None:
    text = report(RED, branch="review/b-1")
    assert (
        "**This is not verified**, so it is on the review branch `review/b-1`: 1 test failed"
        in (text)
    )
    failure = "- `tests/test_a.py` `test_b`:\n\n  ```\n  assert 1 == 2\n  # Heading | bar\n  ```"
    assert failure in text


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


@pytest.mark.parametrize(("message", "shown"), [("*no*", ": \\*no\\*"), ("", "")])
def test_a_short_message_stands_beside_its_case(message: str, shown: str) -> None:
    case = TestCaseResult(name="x", outcome=TestOutcome.ERROR, message=message)
    assert f"- `x`{shown}\n" in report(RED.model_copy(update={"cases": (case,)}))


def test_of_many_failures_the_first_are_shown() -> None:
    cases = tuple(
        TestCaseResult(name=f"test_{number}", outcome=TestOutcome.FAILED) for number in range(30)
    )
    text = report(RED.model_copy(update={"cases": cases}))
    assert "- `test_24`" in text
    assert "- `test_25`" not in text
    assert "… and 5 more, in `report/tests.json`." in text


def test_without_cases_the_end_of_what_the_runner_printed_is_shown() -> None:
    output = "".join(f"line {number}\n" for number in range(90)) + "```\n# not a heading"
    text = report(TestReport(status="red", reason="No results.", runner="pytest", output=output))
    assert "````\nline 52\n" in text
    assert "line 51" not in text
    assert "line 89\n```\n# not a heading\n````\n" in text


def test_a_reason_of_several_lines_keeps_them() -> None:
    tests = TestReport(status="not-run", reason="Not installed: no solution\n  because\n    of it")
    text = report(tests)
    assert "`main`: Not installed: no solution\n" in text
    assert "Not run: Not installed: no solution\n\n```\n  because\n    of it\n```" in text


def test_a_name_cannot_format_the_report() -> None:
    text = report(project_name="\u202e# <b>*x*</b>\n# [y](z) `c` __d__ due_date")
    heading = r"# \# \<b\>\*x\*\</b\> \# \[y\](z) \`c\` \_\_d\_\_ due_date"
    assert text.splitlines()[0] == heading


def test_what_was_decided_is_listed_with_changes_of_the_stack_first() -> None:
    asked = SPEC.stack.model_copy(update={"auth": "password"})
    text = report(asked=asked, assumptions=("One user.", "- a *list*"))
    assert (
        "## Decided for you\n\n"
        "- **Sign-in:** `password` was asked for, `none` was planned.\n"
        "- One user.\n"
        "- \\- a \\*list\\*\n\n## Build"
    ) in text


def test_what_a_person_answered_is_told_beside_what_is_assumed() -> None:
    first = ClarifyingQuestion(id="Q1", question="Who | uses it?", answer="Only me.")
    second = ClarifyingQuestion(id="Q2", question="How long?", answer="A year.")
    answered = first.model_copy(update={"answered_by": "person"})
    asked = ClarificationRound(number=1, questions=(answered, second))
    text = report(asked_of_person=ClarificationHistory(rounds=(asked,)))
    assert (
        "## Questions\n\n"
        "| question | answer | how |\n"
        "| --- | --- | --- |\n"
        "| Who \\| uses it? | Only me. | answered |\n"
        "| How long? | A year. | assumed |\n"
    ) in text
    alone = ClarificationRound(number=1, questions=(first, second))
    assert "Questions" not in report(asked_of_person=ClarificationHistory(rounds=(alone,)))


def test_where_nothing_was_decided_nothing_is_listed() -> None:
    assert "Decided" not in report()


FIXED = Fixes(
    status="mended",
    stopped="Everything is green.",
    attempts=(
        Fix(
            number=1,
            failing="tests/test_a.py::test_b",
            failures_before=2,
            failures_after=0,
            cause="It | adds one.",
            paths=("app/models.py",),
            outcome=FixOutcome.MENDED,
            commit="0123456789abcdef",
            kept=True,
        ),
    ),
    beyond=("tests/test_a.py::test_c: It asks for the network.",),
    guidance=("Look at *rounding*.",),
)


def test_fixes_and_the_files_they_changed_are_told() -> None:
    text = report(fixes=FIXED, efforts={"app/models.py": FileEffort(attempts=2, calls=3)})
    assert (
        "| 1 | `tests/test_a.py::test_b` | It \\| adds one. | `app/models.py` | mended | 2 → 0 | "
        "`0123456789ab` |"
    ) in text
    assert "Why it ended: Everything is green." in text
    assert "- Look at \\*rounding\\*." in text
    assert "| `app/models.py` | model, mended by fix 1 | 2 | 3 | 0 | $0.0000 |" in text


def test_the_size_of_prompts_is_told_and_what_did_not_fit() -> None:
    shown = FilePrompt(path="app/models.py", tokens=5_900, cut=("2 of 9 entities",))
    text = report(prompts=(shown,))
    assert "| `app/models.py` | model | 0 | 0 | 5,900 | $0.0000 |" in text
    assert "fit into the prompts about a file:\n\n- `app/models.py`: 2 of 9 entities" in text
    assert "5,900" not in committed_page(made(prompts=(shown,)))


def test_what_was_not_verified_is_listed_with_its_reason() -> None:
    tests = GREEN.model_copy(update={"unverified": ("No Go is on this machine.",)})
    text = report(tests, fixes=FIXED, notes=("Nobody could look up left-pad.",))
    assert (
        "## Not verified\n\n- No Go is on this machine.\n"
        "- tests/test\\_a.py::test\\_c: It asks for the network.\n"
        "- Nobody could look up left-pad.\n"
    ).replace("\\_", "_") in text


def test_what_is_committed_has_nothing_that_differs_from_run_to_run() -> None:
    slow = TestReport(
        status="red",
        reason="Took 3.5 s in /tmp/box-1.",
        sandbox="bubblewrap",
        runner="pytest",
        seconds=3.5,
        cases=(RED.cases[1].model_copy(update={"seconds": 3.0}),),
        steps=(StepReport(name="pytest", kind="test", status="red", seconds=3.5, reason="3.5 s"),),
    )
    first = made(slow, repository="/a", branch="review/b-1", commit="1" * 40)
    other = slow.model_copy(
        update={
            "reason": "Took 9 s in /tmp/box-2.",
            "sandbox": "docker",
            "seconds": 9.0,
            "cases": tuple(case.model_copy(update={"seconds": 1.0}) for case in slow.cases),
            "steps": (slow.steps[0].model_copy(update={"seconds": 9.0, "reason": "9 s"}),),
        }
    )
    seconds = made(other, totals=Usage(cost_usd=9), user="max", build_id="b-2", branch="review/b-2")
    assert committed_page(first) == committed_page(seconds)
    assert "- `tests/test_a.py` `test_b`" in committed_page(first)
    assert "| 3 schema-generator | deepseek/deepseek-v3 | 2 | 1,000 | 50 |" in committed_page(first)
    assert "$" not in committed_page(first)


def test_an_empty_file_was_written_by_nobody() -> None:
    assert "| `e.py` | nobody: it is empty | 0 | 0 | 0 | $0.0000 |" in report()


def test_of_many_files_the_first_are_shown() -> None:
    lines = made().files[:1] * 203
    text = report_page(made().model_copy(update={"files": lines}))
    assert text.count("| `app/models.py` |") == 200
    assert "… and 3 more." in text
