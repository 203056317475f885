import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.acceptance import unmet_tests
from codegen.runners import go_report
from codegen.runners.go_report import read_go
from codegen.test_results import MAX_BYTES
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.structure import PlannedTest
from core.errors import UnreadableResultsError

MODULE = "example.com/shop"


def event(action: str, test: str = "", output: str = "", **more: object) -> dict[str, object]:
    return {"Action": action, "Package": f"{MODULE}/cart", "Test": test, "Output": output, **more}


def read(
    *events: dict[str, object],
    printed: str = "",
    folder: str = "",
    files: Mapping[str, str] | None = None,
) -> tuple[TestCaseResult, ...]:
    document = "".join(json.dumps(item) + "\n" for item in events).encode()
    paths = {"/work": ""}
    return read_go(document, printed, paths, files or {}, module=MODULE, folder=folder)


def test_places_are_named_from_the_root_of_the_repository():
    (case,) = read(
        event("output", "TestA/b", "    cart_test.go:7: wrong\n"),
        event("fail", "TestA/b", Elapsed=0.5),
        folder="backend",
    )
    assert (case.name, case.path) == ("TestA::b", "backend/cart/cart_test.go")
    assert (case.message, case.seconds) == ("backend/cart/cart_test.go:7: wrong", 0.5)


TOTAL = "package cart\n\nfunc TestTotal(t *testing.T) {\n}\n"


def test_a_test_that_passes_is_in_the_file_of_its_package_that_holds_it():
    files = {
        "backend/cart/cart_test.go": TOTAL,
        "backend/cart/more_test.go": TOTAL.replace("TestTotal", "TestTotals"),
        "backend/orders/orders_test.go": TOTAL,
        "cart/cart_test.go": TOTAL,
        "backend/cart/cart.go": TOTAL,
    }
    passed = [event("pass", name) for name in ("TestTotal", "TestTotal/adds", "TestTotals")]
    cases = read(*passed, folder="backend", files=files)
    assert [(case.name, case.path) for case in cases] == [
        ("TestTotal", "backend/cart/cart_test.go"),
        ("TestTotal::adds", "backend/cart/cart_test.go"),
        ("TestTotals", "backend/cart/more_test.go"),
    ]
    assert unmet_tests([planned("backend/cart/cart_test.go")], cases) == []
    assert unmet_tests([planned("backend/orders/orders_test.go")], cases) == [
        "backend/orders/orders_test.go::TestTotal is missing"
    ]


def planned(path: str) -> PlannedTest:
    return PlannedTest(requirement="FR-1", path=path, case="TestTotal")


def test_a_test_that_fails_in_another_file_is_in_the_one_that_holds_it():
    output = event("output", "TestTotal", "    help_test.go:7: wrong\n")
    files = {"cart/cart_test.go": TOTAL, "cart/help_test.go": "package cart\n"}
    (case,) = read(output, event("fail", "TestTotal"), files=files)
    assert (case.path, case.message) == ("cart/cart_test.go", "cart/help_test.go:7: wrong")


def test_a_test_in_no_file_that_is_there_has_no_place():
    (case,) = read(event("pass", "TestTotal"), files={"cart/cart_test.go": "// func TestTotal("})
    assert case.path == ""


def test_what_a_passed_test_prints_is_no_message():
    (case,) = read(event("output", "TestA", "noise\n"), event("pass", "TestA", Elapsed=-1))
    assert (case.outcome, case.message, case.seconds) == (TestOutcome.PASSED, "", 0)


def test_a_test_that_never_ends_is_an_error():
    (case,) = read(event("run", "TestA"), event("output", "TestA", "last words\n"))
    assert (case.outcome, case.message) == (
        TestOutcome.ERROR,
        "The test did not end.\nlast words",
    )


def test_a_package_that_fails_without_a_test_is_a_case():
    (case,) = read(event("output", output="panic: in init\n"), event("fail"))
    assert (case.name, case.outcome) == (f"{MODULE}/cart", TestOutcome.ERROR)
    assert case.message == "panic: in init"


def test_a_package_whose_test_failed_is_no_case_of_its_own():
    cases = read(event("fail", "TestA"), event("output", output="FAIL\n"), event("fail"))
    assert [case.name for case in cases] == ["TestA"]


def test_packages_that_do_not_build_are_cases():
    printed = (
        "go: downloading example.org/x v1.0.0\n"
        "# example.com/shop/a\n./a.go:1:2: undefined: x\n\n# example.com/shop/b\nb/b.go:3:4: bad\n"
    )
    cases = read(printed=printed, folder="web")
    assert [(case.name, case.outcome.value, case.message) for case in cases] == [
        ("example.com/shop/a", "error", "web/a.go:1:2: undefined: x"),
        ("example.com/shop/b", "error", "web/b/b.go:3:4: bad"),
    ]


def test_lines_that_are_no_events_are_passed_over():
    document = b'noise\n{"Action": 1}\n[]\nFAIL\tx [build failed]\n' + b"[" * 99_999 + b"\n"
    assert read_go(document, "", {}, {}, module=MODULE) == ()


def test_a_report_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UnreadableResultsError, match="larger than 16 MiB"):
        read_go(b" " * (MAX_BYTES + 1), "", {}, {}, module=MODULE)
    monkeypatch.setattr(go_report, "MAX_CASES", 1)
    with pytest.raises(UnreadableResultsError, match="over 1 cases"):
        read(event("pass", "TestA"), event("pass", "TestB"))


@given(st.text(max_size=600), st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read(name: str, output: str, printed: str):
    for case in read(event("output", name, output), event("fail", name), printed=printed):
        assert 0 < len(case.name) <= 500
        assert not case.path.startswith("/")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["a1", "\n", " ", "./", "Error", "_test.go", "a.go:"])
def test_long_output_is_read_in_time_that_grows_with_its_length(part: str):
    long = f"{part * (1_000_000 // len(part))}\n"
    (case,) = read(
        event("output", "TestA", long),
        event("output", "TestA", "    cart_test.go:7: wrong\n"),
        event("fail", "TestA"),
        folder="backend",
    )
    assert case.path == "backend/cart/cart_test.go"
    assert "backend/cart/cart_test.go:7: wrong" in case.message
