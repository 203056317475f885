import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.runners.results import StepResult, StepRun, step_result
from codegen.verdict import evidence_of
from core.artifacts.report import TestOutcome
from core.artifacts.run_plan import BootCheck, ReportFormat, Runner, Step

PATHS = {"/work": ""}
PASSED = b'<testsuite><testcase name="a" classname="t" file="tests/t.py"/></testsuite>'
FAILED = b'<testsuite><testcase name="a"><failure>no</failure></testcase></testsuite>'
SKIPPED = b'<testsuite><testcase name="a"><skipped/></testcase></testsuite>'


def step(
    runner: Runner = Runner.PYTEST, report: ReportFormat = ReportFormat.JUNIT, **more: object
) -> Step:
    kinds = {Runner.BOOT: "boot", Runner.NPM_BUILD: "build"}
    ecosystem = "python" if runner is Runner.PYTEST else "npm"
    return Step.model_validate(
        {
            "kind": kinds.get(runner, "test"),
            "runner": runner,
            "ecosystem": ecosystem,
            "command": ("x",),
            "report": report,
            "report_path": "/result",
            **more,
        }
    )


def result(of: Step, **run: object) -> StepResult:
    return step_result(of, StepRun.model_validate({"exit_code": 0, **run}), PATHS, {})


def boot(**answer: object) -> StepResult:
    of = step(Runner.BOOT, ReportFormat.BOOT, boot=BootCheck(port=3000))
    code = 0 if isinstance(status := answer.get("status"), int) and status < 500 else 1
    return result(of, report=json.dumps(answer).encode(), exit_code=code, output="said\n")


def test_passing_tests_are_green():
    good = result(step(), report=PASSED)
    assert (good.green, good.reason, len(good.cases)) == (True, "", 1)


def test_paths_of_a_step_in_a_folder_are_those_of_the_repository():
    good = result(step(folder="backend"), report=PASSED)
    assert good.cases[0].path == "backend/tests/t.py"


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (
            {"report": FAILED, "exit_code": 1},
            "pytest: 1 of 1 test cases failed, and 0 could not be run.",
        ),
        (
            {"report": PASSED, "exit_code": 3},
            "All tests passed, but pytest ended with exit code 3.",
        ),
        ({"report": SKIPPED}, "pytest: No test ran: all 1 were skipped."),
        ({"report": b"<testsuite/>"}, "pytest: No test ran."),
        ({"report": b"<testsuite/>", "exit_code": 5}, "pytest ended with exit code 5."),
        ({"exit_code": 2}, "pytest wrote no results and ended with exit code 2."),
        ({"ended_by": "timeout", "exit_code": 137}, "pytest did not end in time."),
        ({"ended_by": "memory", "exit_code": 137}, "pytest took more memory than it may."),
        ({"ended_by": "disk", "exit_code": 137}, "pytest made too many files."),
        ({"ended_by": "output", "exit_code": 137}, "pytest printed without end."),
        (
            {"ended_by": "timeout", "report": PASSED, "exit_code": 137},
            "pytest did not end in time.",
        ),
    ],
)
def test_what_is_not_green_says_why_and_has_a_case_that_did_not_pass(
    run: dict[str, object], reason: str
):
    bad = result(step(), output="the last words\n", **run)
    assert (bad.green, bad.reason) == (False, reason)
    assert any(case.outcome in {TestOutcome.FAILED, TestOutcome.ERROR} for case in bad.cases)
    if run.get("report") is not FAILED:
        assert bad.cases[-1].message == f"{reason}\nthe last words"


def test_a_report_that_cannot_be_read_is_not_green():
    bad = result(step(), report=b"<html/>")
    assert bad.reason.startswith("pytest ended with exit code 0, but the test results are not")
    late = result(step(), report=b"<html", ended_by="timeout")
    assert late.reason == "pytest did not end in time."


def test_a_build_and_an_unknown_runner_are_judged_by_their_exit_code():
    build = step(Runner.NPM_BUILD, ReportFormat.NONE)
    assert result(build).green
    bad = result(build, exit_code=2, output="src/a.ts(1,2): error TS1: no\n    at x (node:a:1:2)\n")
    assert bad.reason == "npm run build failed with exit code 2."
    assert bad.cases[0].message == f"{bad.reason}\nsrc/a.ts(1,2): error TS1: no"
    unknown = step(Runner.NPM_TEST, ReportFormat.NONE)
    assert result(unknown).green
    assert result(unknown, exit_code=1).reason == "npm test ended with exit code 1."


@pytest.mark.parametrize(
    ("answer", "reason", "green"),
    [
        (
            {"status": 204, "path": "/health", "port": 3000},
            "GET /health on port 3000 was answered with 204.",
            True,
        ),
        (
            {"status": 404, "path": "/", "port": 3000},
            "GET / on port 3000 was answered with 404.",
            True,
        ),
        (
            {"status": 500, "path": "/", "port": 3000},
            "GET / on port 3000 was answered with 500.",
            False,
        ),
        (
            {"status": 200, "path": "/", "port": 3000, "exit_code": 0},
            "GET / on port 3000 was answered with 200. The application ended with exit code 0.",
            False,
        ),
        ({"exit_code": 1}, "The application ended with exit code 1 before it answered.", False),
        ({"seconds": 60.0}, "The application did not answer in time.", False),
    ],
)
def test_a_boot_check_is_green_when_the_application_answers(
    answer: dict[str, object], reason: str, *, green: bool
):
    shown = boot(**answer)
    assert shown.green is green
    assert shown.cases[0].message == (reason if green else f"{reason}\nsaid")


@pytest.mark.parametrize(
    ("status", "shown"), [(200, True), (302, True), (401, False), (404, False), (426, False)]
)
def test_an_application_that_refuses_all_it_is_asked_for_is_noted(status: int, *, shown: bool):
    result = boot(status=status, path="/", port=3000)
    assert result.green
    assert evidence_of(result, (), 1.0).notes == (
        ()
        if shown
        else (
            "boot check did not show that the application serves anything: GET / on port 3000 was"
            f" answered with {status}.",
        )
    )


@pytest.mark.parametrize("report", [b"{", b"[]", b'{"status": "x"}', b"[" * 9999])
def test_an_answer_of_the_probe_that_is_none_is_not_green(report: bytes):
    of = step(Runner.BOOT, ReportFormat.BOOT, boot=BootCheck(port=3000))
    assert "the answer of the boot check is none" in result(of, report=report).reason


NODE_CRASH = (
    b'<testsuites><testcase name="test/a.js" classname="test" file="/work/test/a.js">'
    b"<failure>cause: 'test failed', exitCode: 1</failure></testcase></testsuites>"
)


def test_a_test_file_that_breaks_has_what_node_printed_about_it():
    of = step(Runner.NODE_TEST)
    printed = (
        "✔ other (1ms)\nSyntaxError: no\n    at x (node:y:1:2)\n\nNode.js v24\n✖ test/a.js (2ms)\n"
    )
    (case,) = result(of, report=NODE_CRASH, exit_code=1, output=printed).cases
    assert (case.outcome, case.path, case.message) == (
        TestOutcome.ERROR,
        "test/a.js",
        "SyntaxError: no",
    )
    (bare,) = result(of, report=NODE_CRASH, exit_code=1, output="cut off").cases
    assert bare.message == "cause: 'test failed', exitCode: 1"


@given(st.sampled_from(list(ReportFormat)), st.binary(max_size=200), st.text(max_size=200))
def test_any_report_is_read_or_not_green(report: ReportFormat, content: bytes, output: str):
    of = step(Runner.JEST, report, boot=BootCheck(port=3000))
    shown = result(of, report=content, exit_code=1, output=output)
    assert not shown.green
    assert shown.cases
