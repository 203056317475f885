import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.failure_message import error_of, signature_of, stable, timeless
from codegen.runners.accounts import Ecosystem
from core.artifacts.failure import Frame


@pytest.mark.parametrize(
    ("account", "ecosystem", "error", "message"),
    [
        ("a.py:1: in f\nE   KeyError: 'x'", "python", "KeyError", "'x'"),
        ("E   shop.errors.NotFound: no\nE   more", "python", "shop.errors.NotFound", "no\nmore"),
        ("E   KeyError", "python", "KeyError", ""),
        ("E   assert 1 == 2", "python", "AssertionError", "assert 1 == 2"),
        ("E   fixture 'x' not found", "python", "", "fixture 'x' not found"),
        ("E   ValueError: first\n\nThen:\nE   OSError: last", "python", "OSError", "last"),
        (
            "E   OSError: last\nE   ValueError: first\n…\nend",
            "python",
            "OSError",
            "last\nValueError: first",
        ),
        ("Traceback:\n  File x\nValueError: a\nb", "python", "ValueError", "a\nb"),
        ("no error at all", "python", "", "no error at all"),
        ("TypeError: x\n    at f (a.js:1:2)", "npm", "TypeError", "x"),
        (
            "AssertionError [ERR_ASSERTION]: a\n\n3 !== 2\n  code: 'x'",
            "npm",
            "AssertionError",
            "a\n\n3 !== 2",
        ),
        (
            "Error [ERR_TEST_FAILURE]: a\n cause: RangeError: b",
            "npm",
            "RangeError",
            "b",
        ),
        ("Error [ERR_TEST_FAILURE]: late] { code: 'x' }", "npm", "Error", "late"),
        ("● Test suite failed to run\n\n    No such\n\n    > 1 | x", "npm", "", "No such"),
        ("a.ts(1,2): error TS2322: bad", "npm", "error TS2322", "bad"),
        ("✘ [ERROR] Could not resolve", "npm", "ERROR", "Could not resolve"),
        ("[PARSE_ERROR] Expected `,`", "npm", "SyntaxError", "Expected `,`"),
        ("something else", "npm", "", "something else"),
        ("panic: boom\n\ngoroutine 1", "go", "panic", "boom"),
        (
            "fatal error: all goroutines are asleep",
            "go",
            "fatal error",
            "all goroutines are asleep",
        ),
        ("    a_test.go:3: got 1", "go", "", "got 1"),
        ("no place", "go", "", "no place"),
    ],
)
def test_the_error_and_what_it_says(account: str, ecosystem: Ecosystem, error: str, message: str):
    assert error_of(account, ecosystem) == (error, message)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at a.py:12", "at a.py:99"),
        ("a.ts:3:14 x", "a.ts:4:1 x"),
        ("line 5, column 2", "line 50, column 7"),
        ("Unexpected token (2:0)", "Unexpected token (31:17)"),
        ("<object at 0x7f00aa>", "<object at 0x55ee01>"),
        ("took 12.5ms", "took 3ms"),
        ("within 1.5 seconds", "within 2 seconds"),
        ("at 2026-01-02T03:04:05.678Z", "at 2027-11-12 13:14:15+02:00"),
        ("datetime.datetime(2026, 1, 2)", "datetime.datetime(2027, 3, 4, 5)"),
        ("clock 12:30:45.123", "clock 01:02:03"),
        ("stamp 1767312000", "stamp 1798761600.25"),
        ("/tmp/pytest-of-a/pytest-0/x.txt gone", "/tmp/pytest-of-b/pytest-7/x.txt gone"),
        ("'/var/folders/x/1'", "'/var/folders/y/2'"),
        ("5b3c0f60-1111-2222-3333-444455556666", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
        ("digest 0123456789abcdef", "digest fedcba9876543210"),
        ("goroutine 18 [running]", "goroutine 7 [running]"),
        ("pid 123", "pid 4567"),
    ],
)
def test_what_differs_from_run_to_run_is_left_out(one: str, other: str):
    assert stable(one) == stable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("assert 6 == 5", "assert 7 == 5"),
        ("KeyError: 'fig'", "KeyError: 'pear'"),
        ("3 !== 2", "4 !== 2"),
        ("expected 404", "expected 500"),
        ("no attribute 'add'", "no attribute 'added'"),
        ("f(1, 2)", "f(1, 3)"),
    ],
)
def test_what_tells_failures_apart_stays(one: str, other: str):
    assert stable(one) != stable(other)
    assert signature_of(("s",), one, None) != signature_of(("s",), other, None)


def test_the_place_counts_by_file_and_function_and_not_by_line():
    def signed(path: str, line: int, function: str) -> str:
        return signature_of(("s",), "m", Frame(path=path, line=line, function=function))

    assert signed("a.py", 1, "f") == signed("a.py", 9, "f")
    assert len({signed("a.py", 1, "f"), signed("b.py", 1, "f"), signed("a.py", 1, "g")}) == 3


@given(st.text(max_size=300), st.sampled_from(["python", "npm", "go"]))
def test_any_account_has_a_message_and_a_signature(account: str, ecosystem: Ecosystem):
    error, message = error_of(account, ecosystem)
    assert len(message) <= 2_000
    assert signature_of((error,), message, None) == signature_of((error,), message, None)
    assert len(signature_of((error,), message, None)) == 16


@given(st.text(max_size=200))
def test_making_stable_ends(text: str):
    once = stable(text)
    assert stable(stable(once)) == stable(once)


def test_what_a_program_printed_is_the_same_at_another_time():
    said = (
        "2026-01-02 03:04:05,678 INFO started in {}\nbuilt in {}\n"
        "complete log: /tmp/_logs/{}-debug-0.log\nsrc/main.js:12:34 at 127.0.0.1:8000"
    )
    first = said.format("1.25s", "340ms", "2026-01-02T03_04_05_678Z")
    later = said.format("0.9 s", "12ms", "2027-11-12T13_14_15_006Z").replace("03:04:05", "23:24:25")
    assert timeless(first) == timeless(later)
    assert timeless(first).endswith("src/main.js:12:34 at 127.0.0.1:8000")
