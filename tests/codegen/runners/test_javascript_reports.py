import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.runners import javascript_reports
from codegen.runners.javascript_reports import read_jest, read_mocha
from codegen.test_results import MAX_BYTES
from core.artifacts.report import TestOutcome
from core.errors import UnreadableResultsError

PATHS = {"/work": ""}


def jest(*files: object) -> bytes:
    return json.dumps({"testResults": files}).encode()


def file(*cases: object, name: str = "/work/a.test.js", status: str = "failed") -> object:
    return {"name": name, "status": status, "message": "broken", "assertionResults": cases}


def mocha(*tests: object, **more: object) -> bytes:
    return json.dumps({"tests": tests, **more}).encode()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("passed", TestOutcome.PASSED),
        ("failed", TestOutcome.FAILED),
        ("pending", TestOutcome.SKIPPED),
        ("skipped", TestOutcome.SKIPPED),
        ("todo", TestOutcome.SKIPPED),
        ("disabled", TestOutcome.SKIPPED),
        ("unheard of", TestOutcome.ERROR),
    ],
)
def test_outcomes_of_jest(status: str, outcome: TestOutcome):
    case = {"title": "t", "ancestorTitles": ["a", "b"], "status": status, "duration": 1500}
    (read,) = read_jest(jest(file(case, status="passed")), PATHS)
    assert (read.name, read.path, read.outcome, read.seconds) == (
        *("a::b::t", "a.test.js", outcome),
        1.5,
    )


def test_a_file_that_failed_without_a_failed_test_is_a_case():
    passed = {"title": "t", "status": "passed"}
    cases = read_jest(jest(file(passed), file(name="/elsewhere/x.js")), PATHS)
    assert [(case.name, case.path, case.outcome.value, case.message) for case in cases] == [
        ("t", "a.test.js", "passed", ""),
        ("a.test.js", "a.test.js", "error", "broken"),
        ("a test file", "", "error", "broken"),
    ]


def test_messages_are_without_foreign_frames_and_colours():
    said = (
        "\x1b[31mError\x1b[0m: no\n    at f (/work/a.js:1:2)\n"
        "    at g (/work/node_modules/x.js:1:2)"
    )
    case = {"title": "t", "status": "failed", "failureMessages": [said], "duration": None}
    (read,) = read_jest(jest(file(case)), PATHS)
    assert read.message == "Error: no\n    at f (a.js:1:2)"


@pytest.mark.parametrize("duration", [-1, 1e999, None])
def test_a_time_that_is_none_counts_as_zero(duration: float | None):
    case = {"title": "t", "status": "passed", "duration": duration}
    (read,) = read_jest(jest(file(case, status="passed")), PATHS)
    assert read.seconds == 0


def test_outcomes_of_mocha():
    fine = {"title": "t", "fullTitle": "a t", "file": "/work/t.js", "duration": 5}
    bad = {"title": "u", "fullTitle": "a u", "err": {"message": "no", "stack": "Error: no"}}
    skipped = {"title": "v", "fullTitle": "v"}
    hook = {
        "title": '"before all" hook',
        "fullTitle": 'a "before all" hook',
        "err": {"message": "x"},
    }
    report = mocha(fine, bad, skipped, pending=[skipped], failures=[bad, hook])
    assert [
        (case.name, case.outcome.value, case.message) for case in read_mocha(report, PATHS)
    ] == [
        ("a::t", "passed", ""),
        ("a::u", "failed", "Error: no"),
        ("v", "skipped", ""),
        ('a::"before all" hook', "error", "x"),
    ]


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.js", ""])
def test_a_path_outside_the_tree_is_not_taken_over(path: str):
    (case,) = read_mocha(mocha({"title": "t", "file": path}), PATHS)
    assert case.path == ""


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not JSON"),
        (b"[1", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "another form"),
        (b'{"testResults": [{}], "tests": [1]}', "another form"),
        (b"[" * 100_000, "another form"),
        (b" " * (MAX_BYTES + 1), "larger than 16 MiB"),
    ],
)
def test_what_is_no_such_report_is_refused_with_the_reason(document: bytes, reason: str):
    for read in (read_jest, read_mocha):
        with pytest.raises(UnreadableResultsError, match=reason):
            read(document, PATHS)


def test_too_many_cases_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(javascript_reports, "MAX_CASES", 2)
    with pytest.raises(UnreadableResultsError, match="over 2 cases"):
        read_mocha(mocha({}, {}, {}), PATHS)


@given(st.text(max_size=700), st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_read(name: str, message: str, path: str):
    case = {"title": name, "status": "failed", "failureMessages": [message]}
    (read,) = read_jest(jest(file(case, name=path)), PATHS)
    assert 0 < len(read.name) <= 500
    assert not read.path.startswith("/")


@pytest.mark.timeout(60)
def test_long_messages_of_jest_are_read_in_time_that_grows_with_their_length():
    said = {"title": "adds", "status": "failed", "failureMessages": ["no" + "\n" * 1_000_000]}
    (case,) = read_jest(jest(file(said)), PATHS)
    assert (case.outcome, case.message) == (TestOutcome.FAILED, "no")


@pytest.mark.timeout(30)
def test_many_cases_of_mocha_are_read_in_time_that_grows_with_their_number():
    tests = [{"title": f"t{n}", "fullTitle": f"t{n}"} for n in range(20_000)]
    pending = [{"fullTitle": f"p{n}"} for n in range(100_000)]
    hook = {"title": '"before all" hook', "fullTitle": "h", "err": {"message": "no"}}
    document = mocha(*tests, pending=[*pending, tests[0]], failures=[hook])
    cases = read_mocha(document, PATHS)
    outcomes = [TestOutcome.SKIPPED, *[TestOutcome.PASSED] * 19_999, TestOutcome.ERROR]
    assert [case.outcome for case in cases] == outcomes
