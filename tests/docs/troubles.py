"""The rows of the page for troubleshooting, and the tests that provoke each of them."""

import re
from dataclasses import dataclass

from tests.docs.pages import read

PAGE = "docs/troubleshooting.md"


@dataclass(frozen=True)
class Row:
    """A trouble that the page tells.

    Attributes:
        sign: what is seen, as the first cell has it.
        messages: what is said, with an ellipsis for what differs.
    """

    sign: str
    messages: tuple[str, ...]


def rows() -> list[Row]:
    """Every row of the page's tables."""
    lines = re.findall(r"^\| (.+?) \| .+ \|$", read(PAGE), re.MULTILINE)
    signs = [line for line in lines if line not in ("what you see", "---")]
    return [Row(sign, tuple(re.findall(r"`([^`]+)`", sign))) for sign in signs]


def says(message: str, told: str) -> bool:
    """Whether a message is one that a pattern of the page stands for."""
    parts = [part for part in re.split(r"\s*…\s*", told) if part]
    flat = " ".join(message.split())
    return re.search(".*?".join(map(re.escape, parts)), flat) is not None


ELSEWHERE: dict[str, tuple[str, str]] = {
    # Settings and keys
    "these are not set, and the stages to run need them: …": (
        "tests/providers/llm/test_stage_router.py",
        "these are not set, and the stages to run need them",
    ),
    "these could not be looked up, and the stages to run need them: …": (
        "tests/providers/llm/test_stage_router.py",
        "these could not be looked up, and the stages to run need",
    ),
    "A demo model answers, not a real one": ("tests/flows/test_plan.py", "A demo model answers,"),
    "nothing is traced: …": (
        "tests/providers/telemetry/test_open_telemetry.py",
        "nothing is traced: ",
    ),
    "the collector did not take the last spans within …": (
        "tests/providers/telemetry/test_open_telemetry.py",
        "the collector did not take the last spans within",
    ),
    # Server, workers and runs
    "the local Prefect server does not start; see …": (
        "tests/flows/test_local_server.py",
        "does not start; see",
    ),
    "the local Prefect server ended while the build ran; …": (
        "tests/real_faults/test_signals.py",
        "the local Prefect server ended while the build ran",
    ),
    # Builds
    "Stage … failed after …: …": ("tests/flows/test_planted_keys.py", "failed after"),
    "build '…' is already running on this machine": (
        "tests/tasks/engine/test_build_lock.py",
        "' is already running",
    ),
    "… is already running: … holds its lease in …": (
        "tests/providers/storage/test_lease.py",
        "is already running",
    ),
    "there is no build or project '…' in …": (
        "tests/flows/test_artifacts_command.py",
        "there is no build or project '",
    ),
    "schema_version is …, and this release reads …: a newer release wrote it; …": (
        "tests/core/test_formats.py",
        "a newer release wrote it",
    ),
    "the kept result of '…' is a …, not a StageResult": (
        "tests/tasks/engine/test_file_batch.py",
        ", not a StageResult",
    ),
    "no usable answer to … after … answers": (
        "tests/providers/llm/test_asker.py",
        "no usable answer to",
    ),
    "the structure still has … errors after … rounds: …": (
        "tests/tasks/test_structure_stages.py",
        "errors after",
    ),
    "use: the text for '…' does not fit the build: …": (
        "tests/tasks/engine/test_stage_runner.py",
        "' does not fit the build",
    ),
    "no model that may be asked here answers; what each said last: …": (
        "tests/providers/llm/test_breakers.py",
        "no model that may be asked here",
    ),
    "… is left alone for … s, after: …": (
        "tests/providers/llm/test_breakers.py",
        "is left alone for",
    ),
    # Limits
    "… has made … model calls, and its maximum over the build's life is …": (
        "tests/providers/storage/test_ledger.py",
        "its maximum over the build's life is",
    ),
    "… has spent …, this call could cost …, and the limit is …": (
        "tests/providers/storage/test_ledger_money.py",
        "this call could cost",
    ),
    "a call of stage … could cost …, and the limit of one call is …": (
        "tests/providers/storage/test_ledger_money.py",
        "limit of one call is",
    ),
    # Store and ledger
    "there is no bucket …": ("tests/providers/storage/test_s3_tree.py", "no bucket"),
    "there are no credentials for …": (
        "tests/providers/storage/test_s3_tree.py",
        "no credentials for",
    ),
    "…; check that the credentials are right, and that they may … in bucket …": (
        "tests/providers/storage/test_s3_failures.py",
        "check that the credentials",
    ),
    "the lease of … in the artifact store … could not be renewed for …": (
        "tests/providers/storage/test_lease.py",
        "could not be renewed for",
    ),
    "the artifact store … has no conditional writes, …": (
        "tests/providers/storage/test_lease.py",
        "has no conditional writes",
    ),
    "… has other content than … under … keys, …": (
        "tests/providers/storage/test_store_copy.py",
        "other content",
    ),
    "in … runs …; stop it or wait for its end, then copy": (
        "tests/providers/storage/test_store_copy.py",
        "runs ",
    ),
    # Sandbox
    "No sandbox works on this machine, so nothing was run: …": (
        "tests/tasks/engine/test_verification.py",
        "No sandbox works on this machine, so nothing was run",
    ),
    "The dependencies could not be installed: …": (
        "tests/tasks/engine/test_verification.py",
        "The dependencies could not be installed",
    ),
}
"""Messages of the page that another test provokes, by the words that both have."""

_RUNS = "tests/real_troubles/test_runs.py"

SIGNS: dict[str, tuple[str, str]] = {
    "A run is *Late*, its work pool *NOT_READY*": (
        _RUNS,
        "A run is *Late*, its work pool *NOT_READY*",
    ),
    "A run is *Late*, its work pool *PAUSED*": (_RUNS, "A run is *Late*, its work pool *PAUSED*"),
    "A run is *AwaitingConcurrencySlot*": (_RUNS, "A run is *AwaitingConcurrencySlot*"),
    "`Deployment concurrency limit reached.`": (_RUNS, "`Deployment concurrency limit reached.`"),
    "A run is *Crashed*: `Flow run could not start: …`": (
        _RUNS,
        "A run is *Crashed*: `Flow run could not start: …`",
    ),
    "A run stays `Running` in the UI after a kill": (
        "tests/real_faults/test_kill_in_every_stage.py",
        "killed runs are marked as crashed",
    ),
    "A Prefect server is left running after a kill": (
        "tests/flows/test_local_server.py",
        "test_a_server_left_behind_by_a_killed_command_is_used_again",
    ),
}
"""What is seen of runs and servers, by the first cell of its row: the test that makes it look so,
and words of it."""
