import pytest

from codegen.runners.detect import detect_runs
from codegen.runners.gate import gate_steps
from codegen.runners.limiting import can_be_limited, limited
from core.artifacts.run_plan import Step

REPORT = "/result"
GO_MODULE = "module example.com/api\n"


def step_of(files: dict[str, str]) -> Step:
    return next(
        step for step in detect_runs(files, report_path=REPORT).steps if step.kind == "test"
    )


def npm(script: str) -> dict[str, str]:
    return {"web/package.json": f'{{"scripts": {{"test": "{script}"}}}}'}


def test_pytest_is_given_the_files_of_its_own_folder():
    step = step_of({"api/pyproject.toml": "", "api/tests/test_a.py": ""})
    found = limited(step, ["api/tests/test_b.py", "api/tests/test_a.py", "tests/test_c.py"])
    assert found is not None
    assert found.command == (*step.command, "tests/test_a.py", "tests/test_b.py")


@pytest.mark.parametrize(
    ("script", "end"),
    [
        ("node --test", " test/a.test.js"),
        ("vitest run", " test/a.test.js"),
        ("jest", " --runTestsByPath test/a.test.js"),
    ],
)
def test_runners_of_node_are_given_files_as_each_understands_them(script: str, end: str):
    step = step_of(npm(script))
    found = limited(step, ["web/test/a.test.js", "web/tests/test_a.py"])
    assert found is not None
    assert found.command[-1] == step.command[-1] + end


@pytest.mark.parametrize("script", ["mocha", "node --test; true"])
def test_a_runner_that_cannot_be_limited_runs_all(script: str):
    step = step_of(npm(script))
    assert limited(step, ["web/test/a.test.js"]) == step


@pytest.mark.parametrize(
    ("path", "package"),
    [("cart/a_test.go", "./cart"), ("a_test.go", "."), ("a b/c_test.go", "'./a b'")],
)
def test_go_is_given_packages(path: str, package: str):
    step = step_of({"go.mod": GO_MODULE, path: "package x\n"})
    found = limited(step, [path])
    assert found is not None
    assert found.command[-1] == f"go test -json {package} > /result"


def test_strange_names_stay_one_word():
    found = limited(step_of(npm("node --test")), ["web/test/a b;c.test.js"])
    assert found is not None
    assert found.command[-1].endswith(" 'test/a b;c.test.js'")


def test_steps_without_these_tests_are_left_out():
    step = step_of({"pyproject.toml": "", "tests/test_a.py": ""})
    assert limited(step, ["web/a.test.js"]) is None
    assert limited(step.model_copy(update={"kind": "boot"}), ["tests/test_a.py"]) is None
    gate = gate_steps({"pyproject.toml": "", "shop.py": ""}, report_path=REPORT).steps[0]
    assert limited(gate, ["shop.py"]) is None


def test_only_test_files_are_run():
    step = step_of(npm("node --test"))
    assert limited(step, ["web/src/server.js"]) is None
    found = limited(step, ["web/src/server.js", "web/test/a.test.js"])
    assert found is not None
    assert found.command[-1] == f"{step.command[-1]} test/a.test.js"


@pytest.mark.parametrize(
    ("script", "limitable"),
    [
        ("node --test", True),
        ("node --import tsx --test --test-concurrency=1", True),
        ("vitest", True),
        ("npx vitest run --coverage", True),
        ("node --test test/a.test.js test/b.test.js", False),
        ("node --test test/", False),
        ("vitest run unit", False),
        ("jest test", False),
        ("mocha", False),
    ],
)
def test_a_script_that_names_files_itself_cannot_be_limited(script: str, *, limitable: bool):
    files = {**npm(script), "pyproject.toml": "", "tests/test_a.py": ""}
    assert can_be_limited(files, ["web/test/a.test.js", "tests/test_a.py"]) is limitable
    assert can_be_limited(files, ["tests/test_a.py"])
    if not limitable:
        step = step_of(npm(script))
        assert limited(step, ["web/test/a.test.js"]) == step
