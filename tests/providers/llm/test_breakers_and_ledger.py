"""Two processes that share nothing but the ledger's file share their breakers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.settings import BreakerSettings, SpendingLimits
from providers.llm.breakers import Breakers
from providers.llm.stage_router import ModelChoice
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger import UsageLedger
from tests.providers.storage.ledgers import ledger_in

ROOT = Path(__file__).parents[3]
FIRST, SECOND = ModelChoice("deepseek", "deepseek-v3"), ModelChoice("openai", "gpt-4o")

OTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from core.settings import BreakerSettings
from providers.llm.breakers import Breakers
from tests.providers.storage.ledgers import ledger_in
from tests.providers.llm.test_breakers_and_ledger import FIRST, record

async def main(path):
    ledger = ledger_in(Path(path))
    for number in range(3):
        await record(ledger, "failed", "ProviderFailedError", f"it answered 500 ({number})")
    print("failed", flush=True)
    sys.stdin.readline()
    breakers = Breakers(BreakerSettings(), ledger)
    await breakers.refresh()
    print(breakers.state(FIRST), flush=True)
    ledger.close()

asyncio.run(main(sys.argv[1]))
"""


async def record(ledger: UsageLedger, outcome: str, error_class: str = "", error: str = "") -> None:
    call = CallIdentity(
        build_id="b",
        project_id="p",
        user="ann",
        stage="3",
        provider=FIRST.provider,
        model=FIRST.model,
    )
    number = await ledger.reserve(
        call,
        CallMaxima(per_stage=100, per_file=100, per_build=100),
        spending=SpendingLimits(),
        estimate_usd=Decimal(0),
        seconds=60,
    )
    if outcome == "answered":
        await ledger.settle(number, outcome="answered")
    else:
        await ledger.settle(number, outcome="failed", error_class=error_class, error=error)


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process, on the same ledger."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "ledger.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        yield process
        process.kill()


async def test_what_one_process_saw_counts_in_the_other(
    tmp_path: Path, other: "subprocess.Popen[str]"
) -> None:
    assert other.stdin is not None
    assert other.stdout is not None
    ahead = timedelta()
    ledger = ledger_in(tmp_path / "ledger.db")
    breakers = Breakers(BreakerSettings(), ledger, lambda: datetime.now(UTC) + ahead)
    assert other.stdout.readline() == "failed\n"
    assert await breakers.first_available((FIRST, SECOND)) == SECOND
    assert breakers.last_errors((FIRST,)) == {FIRST: "it answered 500 (2)"}
    ahead += timedelta(seconds=BreakerSettings().cooldown_seconds)
    with await breakers.admit(FIRST, SECOND) as admission:
        assert admission.probe
        await record(ledger, "answered")
    assert breakers.state(FIRST) == "closed"
    other.stdin.write("go on\n")
    other.stdin.flush()
    assert other.stdout.readline() == "closed\n"
    ledger.close()
