import json
from typing import Any, Literal

import pytest

from codegen.failure_analysis import analyse
from codegen.runners.gate_results import gate_result
from codegen.runners.results import StepRun, step_result
from codegen.verdict import StepEvidence, evidence_of
from core.artifacts.run_plan import BootCheck, ReportFormat, Runner, Step

FILES = {"a.py": "", "b.py": "", "src/a.js": ""}
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"


def loaded(*accounts: tuple[str, str], report: bytes | None = None, **run: Any) -> StepEvidence:
    """The evidence of a load check, from what its probe wrote: paths, and what kept them."""
    findings = [{"path": path, "kind": "import", "account": said} for path, said in accounts]
    written = json.dumps({"findings": findings}).encode() if report is None else report
    taken = Step(
        kind="gate",
        runner=Runner.LOAD_CHECK,
        ecosystem="python",
        command=("x",),
        report=ReportFormat.LOAD,
    )
    ended = StepRun.model_validate({"exit_code": 1, "report": written, **run})
    result = gate_result(taken, ended, {}, FILES)
    return evidence_of(result, analyse(result, FILES), 1.0)


@pytest.mark.parametrize("ended_by", ["timeout", "memory", "disk", "output"])
def test_a_load_check_that_was_stopped_is_red_whatever_it_printed(ended_by: str):
    stopped = loaded(ended_by=ended_by, output=f"Traceback\n{REFUSED}\n")
    assert (stopped.report.status, stopped.notes) == ("red", ())
    assert [item.test for item in stopped.failures] == ["load check"]


@pytest.mark.parametrize("report", [b"", b"{", b"[]"])
def test_a_load_check_without_a_readable_report_is_red_whatever_it_printed(report: bytes):
    unread = loaded(report=report, output=f"Traceback\n{REFUSED}\n")
    assert (unread.report.status, unread.notes) == ("red", ())
    assert unread.report.reason.startswith("load check ended with exit code 1, but it")


def at_import(path: str, error: str, *, line: int = 1, source: str = "start()") -> tuple[str, str]:
    return path, f'  File "{path}", line {line}, in <module>\n    {source}\n{error}\n'


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        "socket.gaierror: [Errno -2] Name or service not known",
        "RuntimeError: the environment variable API_TOKEN is not set",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings",
    ],
)
def test_a_module_that_asks_for_what_a_person_gives_is_only_noted(error: str):
    noted = loaded(at_import("a.py", error))
    assert (noted.report.status, noted.failures, noted.cases) == ("green", (), ())
    assert noted.notes[0].startswith("a.py was not loaded by itself: ")


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError",
        "OSError: [Errno 12] Cannot allocate memory",
        "OSError: [Errno 28] No space left on device",
        "OSError: [Errno 98] Address already in use",
    ],
)
def test_a_module_that_uses_up_the_machine_is_red(error: str):
    assert loaded(at_import("a.py", error)).report.status == "red"


def test_one_lack_of_a_module_does_not_excuse_its_other_errors():
    both = loaded(
        at_import("a.py", REFUSED), at_import("a.py", "TypeError: no", line=2, source="x()")
    )
    assert (both.report.status, both.report.reason) == ("red", "load check: 1 error in a.py.")
    assert [item.error for item in both.failures] == ["TypeError"]
    assert len(both.cases) == len(both.notes) == 1


def booted(
    output: str, ecosystem: Literal["python", "npm", "go"] = "python", **run: Any
) -> StepEvidence:
    """The evidence of a boot check, from how the application ended and what it printed."""
    answer = run.pop("answer", {"exit_code": 1, "seconds": 1.0})
    taken = Step(
        kind="boot",
        runner=Runner.BOOT,
        ecosystem=ecosystem,
        command=("x",),
        report=ReportFormat.BOOT,
        boot=BootCheck(port=8000),
    )
    report = json.dumps(answer).encode()
    ended = {"exit_code": 1, "report": report, "output": output, **run}
    result = step_result(taken, StepRun.model_validate(ended), {}, FILES)
    return evidence_of(result, analyse(result, FILES), 1.0)


# As uvicorn prints what psycopg raises while the application starts.
REFUSED_AT_START = """INFO:     Started server process [12]
ERROR:    Traceback (most recent call last):
  File "a.py", line 12, in lifespan
    create_tables()
psycopg.OperationalError: connection failed: port 5432 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?

ERROR:    Application startup failed. Exiting.
"""
UNSET = """Traceback (most recent call last):
  File "a.py", line 3, in <module>
    TOKEN = os.environ["API_TOKEN"]
KeyError: 'API_TOKEN'
"""
# As Node prints them: one address, several addresses of one host, and a host that nobody knows.
REFUSED_IN_NODE = """node:internal/modules/run_main:123
    triggerUncaughtException(
    ^

Error: connect ECONNREFUSED 127.0.0.1:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16) {
  errno: -111,
  code: 'ECONNREFUSED',
  syscall: 'connect'
}

Node.js v24.1.0
"""
NO_ADDRESS_IN_NODE = """AggregateError [ECONNREFUSED]:\x20
    at internalConnectMultiple (node:net:1122:18) {
  code: 'ECONNREFUSED',
  [errors]: [
    Error: connect ECONNREFUSED ::1:5432
        at createConnectionError (node:net:1652:14) {
      errno: -111,
    },
    Error: connect ECONNREFUSED 127.0.0.1:5432
        at createConnectionError (node:net:1652:14) {
      errno: -111,
    }
  ]
}
"""
UNKNOWN_IN_NODE = "Error: getaddrinfo ENOTFOUND db\n    at onlookupall (node:dns:122:26)\n"
LOGGED_IN_NODE = "Cache is off: Error: connect ECONNREFUSED 127.0.0.1:6379\n"
GO_REFUSED = "2026/01/01 10:00:00 dial tcp 127.0.0.1:5432: connect: connection refused\n"


@pytest.mark.parametrize(
    ("ecosystem", "output"),
    [
        ("python", REFUSED_AT_START),
        ("python", UNSET),
        ("python", "The environment variable API_TOKEN is not set.\n"),
        ("npm", REFUSED_IN_NODE),
        ("npm", NO_ADDRESS_IN_NODE),
        ("npm", UNKNOWN_IN_NODE),
        ("npm", LOGGED_IN_NODE + REFUSED_IN_NODE),
        ("go", f"{GO_REFUSED}exit status 1\n"),
    ],
)
def test_an_application_that_ends_for_want_of_what_a_person_gives_is_only_noted(
    ecosystem: Any, output: str
):
    noted = booted(output, ecosystem)
    assert (noted.report.status, noted.report.reason) == ("green", "")
    assert (noted.failures, noted.cases) == ((), ())
    (note,) = noted.notes
    assert note.startswith("boot check did not show that the application starts: ")


@pytest.mark.parametrize("ended_by", ["timeout", "memory", "disk", "output"])
def test_an_application_that_was_stopped_is_red_whatever_it_printed(ended_by: str):
    stopped = booted(REFUSED_AT_START, ended_by=ended_by)
    assert (stopped.report.status, stopped.notes) == ("red", ())
    assert len(stopped.failures) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"seconds": 60.0},
        {"exit_code": 0},
        {"exit_code": -9},
        {"exit_code": 137},
        {"exit_code": 1, "status": 200, "path": "/health", "port": 8000},
        {"status": 500, "path": "/health", "port": 8000},
        [],
    ],
)
def test_an_application_that_did_not_give_up_by_itself_is_red_whatever_it_printed(answer: Any):
    red = booted(REFUSED_AT_START, answer=answer)
    assert (red.report.status, red.notes) == ("red", ())


@pytest.mark.parametrize(
    ("ecosystem", "output"),
    [
        ("python", f"{UNSET}\nDuring handling, another exception occurred:\n\nTypeError: no\n"),
        ("python", "MemoryError\n"),
        ("python", "OSError: [Errno 98] Address already in use\n"),
        ("npm", f"{LOGGED_IN_NODE}TypeError: app.listen is not a function\n    at src/a.js:3:1\n"),
        ("npm", LOGGED_IN_NODE + "ready\n" * 9),
        ("go", f"{GO_REFUSED}panic: runtime error: invalid memory address\n"),
        ("go", GO_REFUSED + "going on without\n" * 9 + "exit status 1\n"),
    ],
)
def test_an_application_that_ends_for_another_reason_is_red(ecosystem: Any, output: str):
    red = booted(output, ecosystem)
    assert (red.report.status, red.notes) == ("red", ())
    assert len(red.failures) == 1
