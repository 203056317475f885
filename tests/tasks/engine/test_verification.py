"""Verifications of small repositories, good, bad and hostile, in real boxes."""

import json
import sys
from pathlib import Path

import pytest

from core.artifacts.failure import FailureClass
from core.artifacts.report import TestOutcome
from core.artifacts.structure import Module, PlannedTest, ValidatedStructure
from core.errors import SandboxError
from core.settings import SandboxLimits, Settings
from providers.sandbox.bubblewrap import BubblewrapSandbox
from tasks.engine.verification import verify
from tests.tasks.engine.repositories import MANIFEST, PASSING, Repositories, steps_of


async def test_a_repository_whose_tests_pass_is_green(repositories: Repositories):
    verification = await repositories.verify(
        {
            "shop/__init__.py": "",
            "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
            "tests/test_cart.py": "from shop.cart import total\n\n"
            "class TestTotal:\n    def test_adds(self):\n        assert total([1, 2]) == 3\n",
            "tests/test_skip.py": "import pytest\n\ndef test_x():\n    pytest.skip('no printer')\n",
        }
    )
    report = verification.report
    assert (report.status, report.reason, verification.signature) == ("green", "", "")
    assert verification.green
    assert (report.sandbox, report.runner) == ("bubblewrap", "pytest")
    assert [(case.path, case.name, case.outcome) for case in report.cases] == [
        ("tests/test_cart.py", "TestTotal::test_adds", TestOutcome.PASSED),
        ("tests/test_skip.py", "test_x", TestOutcome.SKIPPED),
    ]
    assert "1 passed, 1 skipped" in report.output
    assert report.seconds > 0
    assert set(steps_of(verification).values()) == {"green"}


async def test_a_failing_test_makes_it_red_and_says_where(repositories: Repositories):
    files = {
        "shop.py": "def total(prices):\n    return max(prices)\n",
        "tests/test_cart.py": "import json\nfrom shop import total\n\n"
        "def test_adds():\n    assert total([1, 2]) == 3, object()\n\n"
        "def test_reads():\n    json.loads('{')\n\n" + PASSING.replace("adds", "passes"),
    }
    verification = await repositories.verify(files)
    report = verification.report
    assert report.status == "red"
    assert report.reason == "pytest: 2 of 3 test cases failed, and 0 could not be run."
    first, second, _ = report.cases
    assert first.message.startswith("tests/test_cart.py:5: in test_adds")
    assert "assert 2 == 3" in first.message
    assert "<object object at 0x…>" in first.message
    assert "JSONDecodeError" in second.message
    for place in ("/work", sys.base_prefix, str(Path.home())):
        assert all(place not in case.message for case in report.cases)
        assert place not in report.output
    assert [failure.test for failure in verification.failures] == ["test_adds", "test_reads"]
    again = await repositories.verify(files)
    assert again.failures == verification.failures
    assert again.signature == verification.signature != ""


async def test_the_same_failure_has_the_same_signature_elsewhere_in_the_file(
    repositories: Repositories,
):
    test = "def test_adds():\n    assert 1 + 1 == 3\n"
    first = await repositories.verify({"tests/test_a.py": test})
    moved = await repositories.verify({"tests/test_a.py": f"\n\n\n{test}"})
    other = await repositories.verify({"tests/test_a.py": test.replace("3", "4")})
    assert first.signature == moved.signature != other.signature


async def test_a_file_that_cannot_be_imported_does_not_hide_the_others(
    repositories: Repositories,
):
    verification = await repositories.verify(
        {"tests/test_a.py": "import not_there\n", "tests/test_b.py": PASSING}
    )
    declared, broken, passed = verification.report.cases
    assert "the package 'not_there', which is not declared" in declared.message
    assert (broken.path, broken.outcome) == ("tests/test_a.py", TestOutcome.ERROR)
    assert "No module named 'not_there'" in broken.message
    assert (passed.path, passed.outcome) == ("tests/test_b.py", TestOutcome.PASSED)
    (failure,) = verification.failures
    assert failure.failure_class is FailureClass.DEPENDENCY


async def test_a_package_below_src_is_found(repositories: Repositories):
    verification = await repositories.verify(
        {"src/shop.py": "ONE = 1\n", "tests/test_a.py": "import shop\n\n" + PASSING}
    )
    assert verification.green


async def test_tests_may_use_temporary_files_a_loopback_and_child_processes(
    repositories: Repositories,
):
    verification = await repositories.verify(
        {
            "tests/test_a.py": "import socket, sqlite3, subprocess, sys\n\n"
            "def test_all(tmp_path):\n"
            "    sqlite3.connect(tmp_path / 'a.db').execute('create table t (x)')\n"
            "    sqlite3.connect('local.db').execute('create table t (x)')\n"
            "    server = socket.create_server(('localhost', 0))\n"
            "    socket.create_connection(server.getsockname()).close()\n"
            "    subprocess.run([sys.executable, '-c', 'import pytest'], check=True)\n"
            "    subprocess.run(['pytest', '--version'], check=True)\n"
        }
    )
    assert (verification.report.status, verification.report.reason) == ("green", "")


async def test_secrets_files_and_network_of_this_machine_are_out_of_reach(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-secret")
    planted = tmp_path / "planted.txt"
    planted.write_text("planted-secret")
    verification = await repositories.verify(
        {
            "tests/test_a.py": "import os, pathlib, socket\n\n"
            "def test_all():\n"
            "    assert 'planted-secret' not in os.environ.values()\n"
            f"    assert not pathlib.Path({str(planted)!r}).exists()\n"
            "    assert not pathlib.Path('/etc/shadow').exists()\n"
            "    try: socket.create_connection(('192.0.2.1', 80), 2)\n"
            "    except OSError: return\n"
            "    assert False, 'there is a network'\n"
        }
    )
    assert (verification.report.status, verification.report.reason) == ("green", "")


@pytest.mark.parametrize(
    ("test", "limits", "reason"),
    [
        (
            "def test_x():\n    while True: pass\n",
            SandboxLimits(seconds=2),
            "pytest did not end in time.",
        ),
        (
            "import os\ndef test_x():\n    while True: os.write(2, b'x' * 65536)\n",
            SandboxLimits(seconds=60),
            "pytest printed without end.",
        ),
        (
            "import os, time\n\ndef test_x():\n    for _ in range(9):\n"
            "        if os.fork() == 0:\n"
            "            held = bytearray(100 << 20); time.sleep(30)\n    time.sleep(30)\n",
            SandboxLimits(seconds=60, memory_mb=512),
            "pytest took more memory than it may.",
        ),
    ],
)
async def test_a_run_that_passes_a_bound_is_red(
    repositories: Repositories, test: str, limits: SandboxLimits, reason: str
):
    flooding = {"tests/conftest.py": "import os\nwhile True: os.write(1, b'x' * 65536)\n"}
    files = {"tests/test_a.py": test} | (flooding if "without end" in reason else {})
    verification = await repositories.verify(files, limits=limits)
    assert (verification.report.status, verification.report.reason) == ("red", reason)
    assert len(verification.report.output) <= 64 * 1024
    assert [failure.test for failure in verification.failures] == ["pytest"]


async def test_leaving_early_with_a_good_exit_code_is_not_green(repositories: Repositories):
    verification = await repositories.verify(
        {"tests/test_a.py": "import os\n\ndef test_x():\n    os._exit(0)\n"}
    )
    report = verification.report
    assert (report.status, report.reason) == (
        "red",
        "pytest wrote no results and ended with exit code 0.",
    )


async def test_results_that_cannot_be_read_are_red(repositories: Repositories):
    verification = await repositories.verify(
        {
            "tests/test_a.py": "import os\n\ndef test_x():\n"
            "    open('/result', 'w').write('<!DOCTYPE x><testsuite/>'); os._exit(0)\n"
        }
    )
    assert verification.report.status == "red"
    assert "but the test results declare" in verification.report.reason


async def test_results_planted_in_the_tree_do_not_count(repositories: Repositories):
    planted = '<testsuite><testcase name="planted"/></testsuite>'
    verification = await repositories.verify(
        {"tests/test_a.py": "import os\nos._exit(0)\n", "result": planted, "junit.xml": planted}
    )
    assert verification.report.status == "red"
    assert all(case.name != "planted" for case in verification.report.cases)


async def test_a_run_that_fails_although_all_tests_passed_is_red(repositories: Repositories):
    verification = await repositories.verify(
        {
            "tests/conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
            "tests/test_a.py": PASSING,
        }
    )
    assert verification.report.reason == ("All tests passed, but pytest ended with exit code 1.")


async def test_options_of_the_repository_hold(repositories: Repositories):
    verification = await repositories.verify(
        {"tests/test_a.py": "def test_chosen(): ...\n\ndef test_other(): assert False\n"},
        manifest=MANIFEST + "[tool.pytest.ini_options]\naddopts = '-k chosen'\n",
    )
    assert [case.name for case in verification.report.cases] == ["test_chosen"]
    assert verification.green


PLANNED = (
    PlannedTest(requirement="FR-1", path="tests/test_a.py", case="test_adds"),
    PlannedTest(requirement="FR-2", path="tests/test_b.py", case="test_divides"),
)


async def test_a_planned_test_that_does_not_run_is_a_failure(repositories: Repositories):
    verification = await repositories.verify(
        {"tests/test_a.py": PASSING, "tests/test_b.py": PASSING}, planned=PLANNED
    )
    assert verification.report.status == "red"
    assert verification.report.reason == (
        "1 of 2 planned acceptance tests did not run: tests/test_b.py::test_divides is missing."
    )
    (failure,) = verification.failures
    assert (failure.test, failure.files) == ("test_divides", ("tests/test_b.py",))
    assert failure.failure_class is FailureClass.TEST


async def test_a_file_that_cannot_be_run_explains_its_missing_planned_tests(
    repositories: Repositories,
):
    verification = await repositories.verify(
        {"tests/test_a.py": PASSING, "tests/test_b.py": "import missing\n"}, planned=PLANNED
    )
    assert "1 of 2 planned acceptance tests did not run" in verification.report.reason
    assert all(failure.step != "acceptance tests" for failure in verification.failures)


async def test_a_run_can_be_limited_to_some_test_files(repositories: Repositories):
    files = {"tests/test_a.py": PASSING, "tests/test_b.py": "def test_b(): assert False\n"}
    verification = await repositories.verify(files, planned=PLANNED, only=["tests/test_a.py"])
    assert verification.green
    assert [case.path for case in verification.report.cases] == ["tests/test_a.py"]
    gone = await repositories.verify(files, only=["tests/test_gone.py"])
    assert gone.report.status == "not-run"


@pytest.mark.parametrize("files", [{}, {"tests/__init__.py": ""}, {"tests/readme.md": ""}])
async def test_a_repository_without_tests_is_not_run(
    repositories: Repositories, files: dict[str, str]
):
    verification = await repositories.verify(files)
    assert verification.report.status == "not-run"
    assert verification.report.reason.startswith("The repository has no tests")


async def test_a_manifest_that_asks_for_an_address_is_not_installed(repositories: Repositories):
    dependency = "x @ https://example.com/x.whl"
    verification = await repositories.verify(
        {"tests/test_a.py": PASSING},
        manifest=MANIFEST + f"dependencies = {json.dumps([dependency])}\n",
    )
    assert verification.report.status == "not-run"
    assert "The dependencies cannot be told: pyproject.toml requires" in verification.report.reason
    (failure,) = verification.failures
    assert dependency in failure.message
    assert failure.failure_class is FailureClass.DEPENDENCY


async def test_dependencies_that_cannot_be_installed_are_a_failure(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    verification = await repositories.verify(
        {"tests/test_a.py": PASSING},
        manifest=MANIFEST + 'dependencies = ["no-such-package"]\n',
    )
    report = verification.report
    assert report.status == "not-run"
    assert steps_of(verification)["pytest"] == "not-run"
    assert steps_of(verification)["install of python packages"] == "red"
    assert report.reason.startswith("The dependencies could not be installed: ")
    assert "no-such-package" in report.reason
    assert [failure.step for failure in verification.failures] == ["install"]
    assert "pytest was not run: its dependencies could not be installed." in report.unverified


async def test_where_no_sandbox_works_nothing_is_run(tmp_path: Path):
    (tmp_path / "test_a.py").write_text(PASSING)
    verification = await verify(
        tmp_path,
        ValidatedStructure(modules=(Module(name="core", purpose="All."),)),
        sandbox=BubblewrapSandbox([]),
        settings=Settings(home=tmp_path),
    )
    report = verification.report
    assert (report.status, report.sandbox, verification.failures) == ("not-run", "none", ())
    assert report.reason == (
        "No sandbox works on this machine, so nothing was run: no bwrap program is installed."
    )
    assert report.unverified == (report.reason,)


async def test_a_sandbox_that_fails_is_no_result(repositories: Repositories):
    big = {"tests/test_a.py": PASSING, "big.txt": "x" * (2 << 20)}
    with pytest.raises(SandboxError, match="could not be set up"):
        await repositories.verify(big, limits=SandboxLimits(disk_mb=1))
