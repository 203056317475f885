from codegen.failure_analysis import analyse, install_failure, run_signature
from codegen.runners.results import StepResult
from core.artifacts.failure import FailureClass
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import Runner, Step

STEP = Step(
    kind="test", runner=Runner.PYTEST, ecosystem="python", folder="api", command=("pytest",)
)
KNOWN = ("api/shop.py", "api/tests/test_a.py")


def case(name: str, message: str, outcome: TestOutcome = TestOutcome.FAILED) -> TestCaseResult:
    return TestCaseResult(name=name, path="api/tests/test_a.py", outcome=outcome, message=message)


def test_files_are_named_from_the_root_of_the_repository():
    account = "tests/test_a.py:3: in test_x\n    f()\nshop.py:7: in f\nE   ValueError: no"
    (failure,) = analyse(StepResult(step=STEP, cases=(case("test_x", account),)), KNOWN)
    assert failure.step == "pytest in api"
    assert [(frame.path, frame.line) for frame in failure.frames] == [
        ("api/tests/test_a.py", 3),
        ("api/shop.py", 7),
    ]
    assert failure.files == ("api/shop.py", "api/tests/test_a.py")
    assert failure.reasons == (
        "The error was raised in api/shop.py, line 7.",
        "Files of the code involved: api/shop.py.",
    )


def test_what_passed_or_was_skipped_is_no_failure():
    cases = (case("a", "", TestOutcome.PASSED), case("b", "no db", TestOutcome.SKIPPED))
    assert analyse(StepResult(step=STEP, cases=cases), KNOWN) == ()


def test_a_test_that_failed_with_its_parts_is_left_out_and_one_alone_is_not():
    cases = (case("T", ""), case("T::part", "E   ValueError: x"), case("Ta", ""))
    failures = analyse(StepResult(step=STEP, cases=cases), KNOWN)
    assert [failure.test for failure in failures] == ["T::part", "Ta"]


def test_the_same_failures_in_another_order_are_the_same_run():
    first, second = analyse(
        StepResult(step=STEP, cases=(case("a", "E   KeyError: 1"), case("b", "E   KeyError: 1"))),
        KNOWN,
    )
    assert run_signature([first, second]) == run_signature([second, first, first])
    assert run_signature([first]) != run_signature([second])
    assert run_signature([]) != run_signature([first])


def test_an_install_that_fails_is_a_dependency_or_a_missing_network():
    missing = install_failure("No solution found: nosuch was not found in the index", "python")
    assert missing.failure_class is FailureClass.DEPENDENCY
    assert missing.reasons == ("The declared dependencies could not be installed.",)
    offline = install_failure("npm error getaddrinfo EAI_AGAIN index", "npm")
    assert offline.failure_class is FailureClass.ENVIRONMENT
    assert missing.signature != offline.signature
