"""Real pytest runs over small repositories, good, bad and hostile."""

import json
import os
import sys
from pathlib import Path
from typing import Protocol

import pytest

from codegen.test_results import read_junit
from core.artifacts.report import TestOutcome, TestReport
from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import PythonEnvironments
from providers.sandbox.python_tests import run_python_tests

MANIFEST = '[project]\nname = "shop"\nversion = "0"\n'
PASSING = "def test_adds():\n    assert 1 + 1 == 2\n"


class RunTests(Protocol):
    async def __call__(
        self, files: dict[str, str], limits: SandboxLimits | None = None
    ) -> TestReport: ...


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> PythonEnvironments:
    return PythonEnvironments(tmp_path_factory.mktemp("environments"))


@pytest.fixture
def run_tests(
    sandbox: BubblewrapSandbox, environments: PythonEnvironments, tmp_path: Path
) -> RunTests:
    async def run(files: dict[str, str], limits: SandboxLimits | None = None) -> TestReport:
        tree = tmp_path / "tree"
        for name, content in {"pyproject.toml": MANIFEST, **files}.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content)
        before = sorted(tree.rglob("*"))
        report = await run_python_tests(
            tree,
            sandbox=sandbox,
            environments=environments,
            limits=limits or SandboxLimits(seconds=60),
            read_results=read_junit,
        )
        assert sorted(tree.rglob("*")) == before, "the tree was written to"
        return report

    return run


async def test_a_repository_whose_tests_pass_is_green(run_tests: RunTests):
    report = await run_tests(
        {
            "shop/__init__.py": "",
            "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
            "tests/test_cart.py": "from shop.cart import total\n\n"
            "class TestTotal:\n    def test_adds(self):\n        assert total([1, 2]) == 3\n",
            "tests/test_skip.py": "import pytest\n\ndef test_x():\n    pytest.skip('no printer')\n",
        }
    )
    assert (report.status, report.reason) == ("green", "")
    assert (report.sandbox, report.runner) == ("bubblewrap", "pytest")
    assert [(case.path, case.name, case.outcome) for case in report.cases] == [
        ("tests/test_cart.py", "TestTotal::test_adds", TestOutcome.PASSED),
        ("tests/test_skip.py", "test_x", TestOutcome.SKIPPED),
    ]
    assert "1 passed, 1 skipped" in report.output
    assert report.seconds > 0


async def test_a_failing_test_makes_it_red_and_says_where(run_tests: RunTests):
    files = {
        "shop.py": "def total(prices):\n    return max(prices)\n",
        "tests/test_cart.py": "import json\nfrom shop import total\n\n"
        "def test_adds():\n    assert total([1, 2]) == 3, object()\n\n"
        "def test_reads():\n    json.loads('{')\n\n" + PASSING.replace("adds", "passes"),
    }
    report = await run_tests(files)
    assert report.status == "red"
    assert report.reason == "2 of 3 test cases failed, and 0 could not be run."
    first, second, _ = report.cases
    assert first.message.startswith("tests/test_cart.py:5: in test_adds")
    assert "assert 2 == 3" in first.message
    assert "<object object at 0x…>" in first.message
    assert "JSONDecodeError" in second.message
    for place in ("/work", sys.base_prefix, str(Path.home())):
        assert all(place not in case.message for case in report.cases)
        assert place not in report.output
    again = await run_tests(files)
    assert [case.message for case in again.cases] == [case.message for case in report.cases]


async def test_a_file_that_cannot_be_imported_does_not_hide_the_others(run_tests: RunTests):
    report = await run_tests({"tests/test_a.py": "import not_there\n", "tests/test_b.py": PASSING})
    assert report.status == "red"
    assert report.reason == "0 of 2 test cases failed, and 1 could not be run."
    broken = next(case for case in report.cases if case.outcome is TestOutcome.ERROR)
    assert broken.path == "tests/test_a.py"
    assert "No module named 'not_there'" in broken.message


async def test_a_package_below_src_is_found(run_tests: RunTests):
    report = await run_tests(
        {"src/shop.py": "ONE = 1\n", "tests/test_a.py": "import shop\n\n" + PASSING}
    )
    assert report.status == "green"


async def test_tests_may_use_temporary_files_a_loopback_and_child_processes(run_tests: RunTests):
    report = await run_tests(
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
    assert (report.status, report.reason, report.cases[0].message) == ("green", "", "")


async def test_secrets_files_and_network_of_this_machine_are_out_of_reach(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-secret")
    planted = tmp_path / "planted.txt"
    planted.write_text("planted-secret")
    report = await run_tests(
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
    assert (report.status, report.reason) == ("green", "")


async def test_an_infinite_loop_is_red(run_tests: RunTests):
    report = await run_tests(
        {"tests/test_a.py": "def test_x():\n    while True: pass\n"}, SandboxLimits(seconds=2)
    )
    assert (report.status, report.reason) == ("red", "The tests did not end within 2 s.")
    assert report.cases == ()


async def test_endless_output_is_red_and_bounded(run_tests: RunTests):
    report = await run_tests(
        {"tests/conftest.py": "import os\nwhile True: os.write(1, b'x' * 65536)\n"}
        | {"tests/test_a.py": PASSING}
    )
    assert (report.status, report.reason) == ("red", "The tests printed without end.")
    assert len(report.output) <= 64 * 1024


async def test_taking_too_much_memory_is_red(run_tests: RunTests):
    report = await run_tests(
        {
            "tests/test_a.py": "import os, time\n\ndef test_x():\n    for _ in range(9):\n"
            "        if os.fork() == 0:\n"
            "            held = bytearray(100 << 20); time.sleep(30)\n    time.sleep(30)\n"
        },
        SandboxLimits(seconds=60, memory_mb=512),
    )
    assert report.reason == "The tests took more than 512 MiB of memory."


async def test_leaving_early_with_a_good_exit_code_is_not_green(run_tests: RunTests):
    report = await run_tests({"tests/test_a.py": "import os\n\ndef test_x():\n    os._exit(0)\n"})
    assert report.status == "red"
    assert report.reason == "pytest wrote no results and ended with exit code 0."


async def test_results_that_cannot_be_read_are_red(run_tests: RunTests):
    report = await run_tests(
        {
            "tests/test_a.py": "import os\n\ndef test_x():\n"
            "    open('/result', 'w').write('<!DOCTYPE x><testsuite/>'); os._exit(0)\n"
        }
    )
    assert report.status == "red"
    assert report.reason.startswith("pytest ended with exit code 0, but the test results declare")


async def test_results_planted_in_the_tree_do_not_count(run_tests: RunTests):
    planted = '<testsuite><testcase name="planted"/></testsuite>'
    report = await run_tests(
        {"tests/test_a.py": "import os\nos._exit(0)\n", "result": planted, "junit.xml": planted}
    )
    assert (report.status, report.cases) == ("red", ())


async def test_a_run_that_fails_although_all_tests_passed_is_red(run_tests: RunTests):
    report = await run_tests(
        {
            "tests/conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
            "tests/test_a.py": PASSING,
        }
    )
    assert report.reason == "All tests passed, but pytest ended with exit code 1."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "No test ran."),
        (
            "import pytest\n\n@pytest.mark.skip\ndef test_x(): ...\n",
            "No test ran: all 1 were skipped.",
        ),
    ],
)
async def test_where_no_test_ran_it_is_red(run_tests: RunTests, content: str, reason: str):
    report = await run_tests({"tests/test_a.py": content})
    assert (report.status, report.reason) == ("red", reason)


async def test_options_of_the_repository_hold(run_tests: RunTests):
    report = await run_tests(
        {
            "pyproject.toml": MANIFEST + "[tool.pytest.ini_options]\naddopts = '-k chosen'\n",
            "tests/test_a.py": "def test_chosen(): ...\n\ndef test_other(): assert False\n",
        }
    )
    assert [case.name for case in report.cases] == ["test_chosen"]
    assert report.status == "green"


@pytest.mark.parametrize(
    "files", [{}, {"tests/__init__.py": ""}, {"tests/readme.md": ""}, {"test_root.py": PASSING}]
)
async def test_a_repository_without_tests_is_not_run(run_tests: RunTests, files: dict[str, str]):
    report = await run_tests(files)
    assert report.status == "not-run"
    assert report.reason.startswith("The repository has no tests")


async def test_a_manifest_that_asks_for_an_address_is_not_run(run_tests: RunTests):
    dependency = "x @ https://example.com/x.whl"
    report = await run_tests(
        {
            "pyproject.toml": MANIFEST + f"dependencies = {json.dumps([dependency])}\n",
            "tests/test_a.py": PASSING,
        }
    )
    assert report.status == "not-run"
    assert report.reason.startswith("The dependencies cannot be told: pyproject.toml requires")
    assert dependency in report.reason


async def test_dependencies_that_cannot_be_installed_are_not_run_with_the_reason(
    sandbox: BubblewrapSandbox, tmp_path: Path
):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text(PASSING)
    (tmp_path / "pyproject.toml").write_text(MANIFEST + 'dependencies = ["no-such-package"]\n')
    offline = {"PATH": os.environ["PATH"], "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "uv")}
    report = await run_python_tests(
        tmp_path,
        sandbox=sandbox,
        environments=PythonEnvironments(tmp_path / "environments", variables=offline),
        limits=SandboxLimits(),
        read_results=read_junit,
    )
    assert report.status == "not-run"
    assert report.reason.startswith("The dependencies could not be installed: ")
    assert "no-such-package" in report.reason


async def test_where_no_sandbox_works_nothing_is_run(
    environments: PythonEnvironments, tmp_path: Path
):
    report = await run_python_tests(
        tmp_path,
        sandbox=BubblewrapSandbox([]),
        environments=environments,
        limits=SandboxLimits(),
        read_results=read_junit,
    )
    assert (report.status, report.sandbox) == ("not-run", "none")
    assert report.reason == (
        "No sandbox works on this machine, so nothing was run: no bwrap program is installed."
    )


async def test_a_sandbox_that_fails_is_no_result(run_tests: RunTests):
    big = "x" * (2 << 20)
    with pytest.raises(SandboxError, match="could not be set up"):
        await run_tests({"tests/test_a.py": PASSING, "big.txt": big}, SandboxLimits(disk_mb=1))
