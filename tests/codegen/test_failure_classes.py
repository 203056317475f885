import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.failure_classes import Evidence, classify, is_test_file
from core.artifacts.failure import FailureClass, Frame

KNOWN = frozenset({"shop/cart.py", "tests/test_cart.py", "src/cart.js", "test/cart.test.js"})


def evidence(
    message: str, error: str = "", *, frames: str = "", account: str = "", test_path: str = ""
) -> Evidence:
    """What is known, with the files of the stack as words."""
    stack = tuple(Frame(path=path, line=1) for path in frames.split())
    return Evidence(error, message, account or message, stack, test_path, KNOWN, "example.com/shop")


@pytest.mark.parametrize(
    "message",
    [
        "sh: 1: vitest: not found",
        "bash: line 1: jest: command not found",
        "No module named 'requests'",
        "Cannot find package 'left-pad' imported from src/a.js",
        "Cannot find module '@scope/name/sub' from 'src/a.js'",
        'Rolldown failed to resolve import "left-pad" from "src/main.js".',
        "no required module provides package example.org/x; to add it:",
        "package nosuch is not in GOROOT (/usr/lib/go/src/nosuch)",
        "cannot import name 'Undefined' from 'pydantic' (/environment/x.py)",
        "Module 'left-pad' has no exported member 'x'.",
    ],
)
def test_what_is_not_installed_is_a_dependency(message: str):
    kind, reason = classify(evidence(message, frames="tests/test_cart.py"))
    assert kind is FailureClass.DEPENDENCY
    assert reason.endswith(".")


@pytest.mark.parametrize(
    "message",
    [
        "No module named 'shop.orders'",
        "Cannot find module './orders' from 'src/a.js'",
        "Cannot find module 'src/orders.js' imported from test/a.js",
        "Cannot find module '@/lib/x' or its corresponding type declarations.",
        "cannot find module providing package example.com/shop/mail: module lookup disabled",
        "cannot import name 'total' from partially initialized module 'shop.cart'",
        "The requested module '../src/cart.js' does not provide an export named 'x'",
        "Module '\"./cart\"' has no exported member 'discount'.",
        '"x" is not exported by "./src/cart.js", imported by',
    ],
)
def test_what_the_repository_should_hold_itself_is_code(message: str):
    kind, reason = classify(evidence(message, frames="tests/test_cart.py"))
    assert kind is FailureClass.CODE
    assert reason.startswith("It imports ")


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("[Errno 111] Connection refused", "ConnectionRefusedError"),
        ("connect ECONNREFUSED 127.0.0.1:5432", "Error"),
        ("getaddrinfo ENOTFOUND api.example.com", "Error"),
        ("[Errno -3] Temporary failure in name resolution", "socket.gaierror"),
        ("dial tcp: lookup x: no such host", ""),
        ("[Errno 28] No space left on device", "OSError"),
        ("", "MemoryError"),
        ("listen EADDRINUSE: address already in use :::3000", "Error"),
        ("[Errno 13] Permission denied: '/etc/x'", "PermissionError"),
        ("libGL.so.1: cannot open shared object file", "ImportError"),
        ("spawn ffmpeg ENOENT", "Error"),
        ("EACCES: permission denied, open '/etc/x'", "Error"),
        ("Error 111 connecting to localhost:6379. Connection refused.", "redis.ConnectionError"),
        ("dial tcp 127.0.0.1:5432: connect: connection refused", ""),
        ('exec: "git": executable file not found in $PATH', ""),
        ("Missing environment variable API_KEY", "Error"),
        ("environment variable API_KEY must be set", "RuntimeError"),
    ],
)
def test_what_the_machine_does_not_have_is_the_environment(message: str, error: str):
    found = classify(evidence(message, error, frames="tests/test_cart.py shop/cart.py"))
    assert found[0] is FailureClass.ENVIRONMENT


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("assert 'ok' == 'Permission denied'", "AssertionError"),
        ("assert 'ok' == 'No module named x'", ""),
        ("'connection refused' !== 'offline'", "AssertionError"),
        ("expected 'Required environment variable' to be 'x'", "AssertionError"),
        ("expected 'connect ECONNREFUSED ::1' to be 'x'", "Error"),
        ("only the owner may delete", "PermissionError"),
        ("seat 3: address already in use by another booking", "Error"),
        ("Too many open files in the basket", "TypeError"),
        ("Permission denied", "shop.errors.NotAllowed"),
        ("[Errno 2] No such file or directory: 'data'", "FileNotFoundError"),
        ("ENOENT: no such file or directory, open 'data.json'", "Error"),
    ],
)
def test_words_of_an_assertion_or_of_the_code_itself_are_the_code(message: str, error: str):
    found = classify(evidence(message, error, frames="tests/test_cart.py shop/cart.py"))
    assert found[0] is FailureClass.CODE


def test_a_program_is_told_from_a_file_by_who_looked_for_it():
    account = "shop/cart.py:3: in f\n<python>/lib/subprocess.py:1950: in _execute_child\n    raise"
    message = "[Errno 2] No such file or directory: 'ffmpeg'"
    found = classify(evidence(message, "FileNotFoundError", frames="shop/cart.py", account=account))
    assert found[0] is FailureClass.ENVIRONMENT


def test_an_installer_is_taken_at_its_word():
    words = "dns error: failed to lookup address information"
    found = classify(Evidence("", words, words, (), "", ()))
    assert found[0] is FailureClass.ENVIRONMENT


def test_a_missing_environment_variable_is_told_from_another_missing_key():
    account = "shop/cart.py:3: in f\n    return os.environ[\"KEY\"]\nE   KeyError: 'KEY'"
    found = classify(evidence("'KEY'", "KeyError", frames="shop/cart.py", account=account))
    assert found == (FailureClass.ENVIRONMENT, "The environment variable 'KEY' is not set.")
    other = classify(evidence("'KEY'", "KeyError", frames="shop/cart.py"))
    assert other == (FailureClass.CODE, "The error was raised in shop/cart.py, line 1.")


@pytest.mark.parametrize(
    ("message", "error", "frames"),
    [
        ("fixture 'db' not found", "", "tests/test_cart.py"),
        ("pytest: No test ran.", "", ""),
        ("invalid syntax", "SyntaxError", "tests/test_cart.py"),
        ("name 'totl' is not defined", "NameError", "tests/test_cart.py"),
        ("totl is not defined", "ReferenceError", "test/cart.test.js"),
        (
            "[Errno 2] No such file or directory: 'data.csv'",
            "FileNotFoundError",
            "tests/test_cart.py",
        ),
        ("bad", "ValueError", "tests/test_cart.py"),
    ],
)
def test_what_only_the_test_does_is_the_test(message: str, error: str, frames: str):
    assert classify(evidence(message, error, frames=frames))[0] is FailureClass.TEST


@pytest.mark.parametrize(
    ("message", "error", "frames"),
    [
        ("assert 1 == 2", "AssertionError", "tests/test_cart.py"),
        ("expect(received).toBe(expected)", "Error", "test/cart.test.js"),
        ("Test timed out in 50ms.", "TestTimeoutError", "test/cart.test.js"),
        ("pytest did not end in time.", "", ""),
        ("invalid syntax", "SyntaxError", "tests/test_cart.py shop/cart.py"),
        ("name 'x' is not defined", "NameError", "tests/test_cart.py shop/cart.py"),
        ("total is not a function", "TypeError", "test/cart.test.js"),
        ("total() missing 1 required positional argument", "TypeError", "tests/test_cart.py"),
        ("'Cart' object has no attribute 'add'", "AttributeError", "tests/test_cart.py"),
        ("bad", "ValueError", "tests/test_cart.py shop/cart.py"),
        ("nobody knows", "", ""),
    ],
)
def test_what_is_left_is_the_code(message: str, error: str, frames: str):
    assert classify(evidence(message, error, frames=frames))[0] is FailureClass.CODE


def test_what_a_go_test_reports_is_about_the_code():
    found = classify(evidence("got 1, want 2", frames="cart_test.go", test_path="cart_test.go"))
    assert found == (FailureClass.CODE, "The test reports what it did not expect of the code.")


def test_a_file_that_does_not_parse_is_named_without_a_stack():
    found = classify(evidence("no", "SyntaxError", test_path="test/cart.test.js"))
    assert found == (FailureClass.TEST, "The test file test/cart.test.js does not parse.")
    assert classify(evidence("no", "SyntaxError"))[1] == "a file does not parse."


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/anything.txt", True),
        ("src/__tests__/a.js", True),
        ("a.test.tsx", True),
        ("a.spec.js", True),
        ("shop/test_a.py", True),
        ("shop/a_test.py", True),
        ("conftest.py", True),
        ("cart/cart_test.go", True),
        ("shop/testing.py", False),
        ("contest.py", False),
        ("src/latest.js", False),
        ("", False),
    ],
)
def test_files_of_tests_are_told_by_their_path(path: str, *, test: bool):
    assert is_test_file(path) is test


@given(st.text(max_size=300), st.text(max_size=30))
def test_any_message_has_a_class_and_a_reason(message: str, error: str):
    kind, reason = classify(evidence(message, error, frames="tests/test_cart.py"))
    assert kind in FailureClass
    assert reason
