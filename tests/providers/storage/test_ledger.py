import asyncio
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, update

from core.artifacts.build_record import Usage
from core.errors import CallLimitError, StorageError
from providers.storage.calls import CallIdentity, CallMaxima, CallOutcome
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_tables import builds
from tests.providers.storage.ledgers import (
    call,
    check_totals,
    count,
    ledger_in,
    maxima,
    reserve,
)

StartPython = Callable[..., "subprocess.Popen[str]"]

ANSWERED: dict[str, Any] = {"outcome": "answered"}

OPEN_UNTIL_REFUSED = """
import asyncio, os, signal, sys
from decimal import Decimal
from core.errors import CallLimitError
from core.settings import SpendingLimits
from providers.storage.ledger import UsageLedger
from providers.storage.calls import CallIdentity, CallMaxima

call = CallIdentity(
    build_id="b-1", project_id="shop", user="ann", stage="3", provider="demo", model="demo"
)

async def main(url, maximum, end):
    ledger = UsageLedger(url)
    opened = 0
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        while True:
            await ledger.reserve(
                call,
                CallMaxima(per_stage=maximum, per_file=1, per_build=maximum),
                spending=SpendingLimits(),
                estimate_usd=Decimal(0),
                seconds=60,
            )
            opened += 1
            if end == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
    except CallLimitError:
        print(opened, flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


async def test_an_open_call_has_everything_known_before_it_is_made(ledger: UsageLedger) -> None:
    call_id = await reserve(ledger, call("7", "app/models.py"))
    (row,) = await ledger.calls("b-1")
    assert row.id == call_id
    assert row.outcome is CallOutcome.OPEN
    assert (row.project_id, row.user, row.stage, row.file) == ("shop", "ann", "7", "app/models.py")
    assert (row.provider, row.model) == ("demo", "demo-1")
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (0, 0, 0)
    assert row.finished_at is None
    assert row.started_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - row.started_at) < timedelta(minutes=1)


async def test_a_closed_call_has_what_became_of_it(ledger: UsageLedger) -> None:
    answered = await reserve(ledger, call())
    failed = await reserve(ledger, call())
    refused = await reserve(ledger, call())
    await ledger.settle(
        answered,
        outcome="answered",
        input_tokens=1_200,
        output_tokens=80,
        cost_usd=Decimal("0.0125"),
        latency_seconds=1.5,
    )
    await ledger.settle(failed, outcome="failed", error_class="ProviderFailedError")
    await ledger.settle(refused, outcome="refused", error_class="RequestRefusedError")
    first, second, third = await ledger.calls("b-1")
    assert first.outcome is CallOutcome.ANSWERED
    assert (first.input_tokens, first.output_tokens) == (1_200, 80)
    assert (first.cost_usd, first.latency_seconds, first.error_class) == (
        Decimal("0.0125"),
        1.5,
        "",
    )
    assert first.finished_at is not None
    assert first.started_at <= first.finished_at
    assert (second.outcome, second.error_class) == ("failed", "ProviderFailedError")
    assert (third.outcome, third.error_class) == ("refused", "RequestRefusedError")


async def test_totals_add_up_one_build(ledger: UsageLedger) -> None:
    assert await ledger.totals("b-1") == Usage()
    for tokens in (100, 200):
        call_id = await reserve(ledger, call())
        await ledger.settle(
            call_id,
            outcome="answered",
            input_tokens=tokens,
            output_tokens=1,
            cost_usd=Decimal("0.25"),
            latency_seconds=0.5,
        )
    await reserve(ledger, call("7", "a.py"))
    await reserve(ledger, call(build_id="b-2"))
    assert await ledger.totals("b-1") == Usage(
        calls=3, input_tokens=300, output_tokens=2, cost_usd=0.5, seconds=1.0
    )


async def test_counts_narrow_down_to_a_stage_and_a_file(ledger: UsageLedger) -> None:
    for made in (call("3"), call("7", "a.py"), call("7", "b.py"), call("7"), call("7.5", "a.py")):
        await reserve(ledger, made)
    assert await count(ledger, "b-1") == 5
    assert await count(ledger, "b-1", "7") == 3
    assert await count(ledger, "b-1", file="a.py") == 2
    assert await count(ledger, "b-1", "7", "a.py") == 1
    assert await count(ledger, "b-2") == 0


async def test_a_call_can_be_closed_once(ledger: UsageLedger) -> None:
    call_id = await reserve(ledger, call())
    await ledger.settle(call_id, outcome="failed")
    with pytest.raises(StorageError, match=f"close call {call_id}: it is already 'failed'"):
        await ledger.settle(call_id, outcome="answered", cost_usd=Decimal(1))
    assert (await ledger.totals("b-1")).cost_usd == 0
    with pytest.raises(StorageError, match="close call 99: there is no such call"):
        await ledger.settle(99, outcome="answered")


@pytest.mark.parametrize(
    "values",
    [
        {"input_tokens": -1},
        {"output_tokens": -1},
        {"cost_usd": Decimal("-0.01")},
        {"cost_usd": Decimal("nan")},
        {"cost_usd": Decimal("inf")},
        {"latency_seconds": -1.0},
        {"outcome": "lost"},
    ],
)
async def test_values_that_would_falsify_totals_are_refused(
    ledger: UsageLedger, values: dict[str, Any]
) -> None:
    call_id = await reserve(ledger, call())
    with pytest.raises(StorageError, match=r"usage ledger: .*(must be|is not what)"):
        await ledger.settle(call_id, **(ANSWERED | values))
    (row,) = await ledger.calls("b-1")
    assert row.outcome is CallOutcome.OPEN


@pytest.mark.parametrize(
    ("made", "limits", "expected"),
    [
        (call("1.5"), maxima(per_stage=2), ("stage '1.5' of build 'b-1'", "max_calls")),
        (
            call("7", "a.py"),
            maxima(per_file=2),
            ("file 'a.py' of build 'b-1'", "APP_BUILDER_CALLS__PER_FILE"),
        ),
        (call("1.5"), maxima(per_build=2), ("build 'b-1'", "APP_BUILDER_CALLS__PER_BUILD")),
        (call("7", "a.py"), maxima(per_build=2), ("build 'b-1'", "APP_BUILDER_CALLS__PER_BUILD")),
    ],
)
async def test_a_reached_maximum_is_named_with_its_value_and_where_to_raise_it(
    ledger: UsageLedger, made: CallIdentity, limits: CallMaxima, expected: tuple[str, str]
) -> None:
    await reserve(ledger, made, limits)
    await reserve(ledger, made, limits)
    with pytest.raises(CallLimitError) as refusal:
        await reserve(ledger, made, limits)
    whose, setting = expected
    message = str(refusal.value)
    assert message.startswith(f"{whose} has made 2 model calls")
    assert "its maximum over the build's life is 2; to allow more, raise " + setting in message
    assert await count(ledger, "b-1") == 2
    await reserve(ledger, made)


async def test_calls_about_files_do_not_use_up_the_stage(ledger: UsageLedger) -> None:
    limits = maxima(per_stage=1, per_file=2)
    for file in ("a.py", "a.py", "b.py"):
        await reserve(ledger, call("7", file), limits)
    await reserve(ledger, call("7"), limits)
    with pytest.raises(CallLimitError, match=r"file 'a\.py'"):
        await reserve(ledger, call("7.5", "a.py"), limits)
    with pytest.raises(CallLimitError, match="stage '7'"):
        await reserve(ledger, call("7"), limits)
    await reserve(ledger, call("8"), limits)


async def test_builds_do_not_use_up_each_other(ledger: UsageLedger) -> None:
    limits = maxima(per_stage=1, per_build=1)
    await reserve(ledger, call(), limits)
    await reserve(ledger, call(build_id="b-2"), limits)
    with pytest.raises(CallLimitError):
        await reserve(ledger, call(), limits)


async def test_many_calls_at_once_reach_the_maximum_exactly(ledger: UsageLedger) -> None:
    limits = maxima(per_stage=25)
    asked = (reserve(ledger, call(), limits) for _ in range(60))
    results = await asyncio.gather(*asked, return_exceptions=True)
    opened = [result for result in results if isinstance(result, int)]
    assert len(opened) == len(set(opened)) == 25
    assert sum(isinstance(result, CallLimitError) for result in results) == 35
    assert await count(ledger, "b-1") == 25


async def test_processes_racing_for_the_last_calls_never_exceed_the_maximum(
    ledger: UsageLedger, url: str, start_python: StartPython
) -> None:
    maximum = 120
    processes = [start_python(OPEN_UNTIL_REFUSED, url, str(maximum), "alive") for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    opened = [int(process.communicate()[0]) for process in processes]
    assert sum(opened) == maximum
    assert await count(ledger, "b-1") == maximum


async def test_a_call_of_a_killed_process_stays_open_and_counts(
    ledger: UsageLedger, url: str, start_python: StartPython
) -> None:
    process = start_python(OPEN_UNTIL_REFUSED, url, "1", "killed")
    process.communicate("\n")
    assert process.returncode == -signal.SIGKILL
    (row,) = await ledger.calls("b-1")
    assert row.outcome is CallOutcome.OPEN
    with pytest.raises(CallLimitError):
        await reserve(ledger, call(), maxima(per_stage=1))


calls_made = st.builds(
    call, stage=st.sampled_from(["3", "7"]), file=st.sampled_from([None, "a.py", "b.py"])
)
outcomes = st.sampled_from([None, "answered", "failed", "refused"])
# What happens in turn: calls made at the same time, each with its outcome (`None`: left open); an
# empty list is a restart.
histories = st.lists(st.lists(st.tuples(calls_made, outcomes), max_size=4), max_size=12)
small = st.integers(min_value=1, max_value=5)
limits_set = st.builds(CallMaxima, per_stage=small, per_file=small, per_build=st.integers(1, 12))


@settings(max_examples=50, deadline=None)
@given(history=histories, limits=limits_set)
async def test_maxima_hold_for_any_history(
    history: list[list[tuple[CallIdentity, Any]]], limits: CallMaxima
) -> None:
    opened: Counter[tuple[str, str]] = Counter()
    refused: set[tuple[str, str]] = set()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        ledger = UsageLedger(url)
        for together in history:
            if not together:
                ledger.close()
                ledger = UsageLedger(url)
            asked = (reserve(ledger, made, limits) for made, _ in together)
            results = await asyncio.gather(*asked, return_exceptions=True)
            for (made, outcome), result in zip(together, results, strict=True):
                counted_by = ("file", made.file) if made.file else ("stage", made.stage)
                if isinstance(result, int):
                    opened[counted_by] += 1
                    if outcome:
                        await ledger.settle(result, outcome=outcome)
                else:
                    assert isinstance(result, CallLimitError)
                    refused.add(counted_by)
        rows = await ledger.calls("b-1")
        ledger.close()
        check_totals(url)
    assert len(rows) == opened.total() <= limits.per_build
    for (kind, name), number in opened.items():
        assert number <= (limits.per_file if kind == "file" else limits.per_stage), name
    for kind, name in refused:
        maximum = limits.per_file if kind == "file" else limits.per_stage
        assert opened[kind, name] == maximum or len(rows) == limits.per_build


async def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "odd ?#% name" / "ledger.db"
    ledger = ledger_in(path)
    assert await count(ledger, "b") == 0
    ledger.close()
    assert path.is_file()


async def test_values_that_the_database_refuses_do_not_hurt_calls_beside_them(
    ledger: UsageLedger, url: str
) -> None:
    good, bad = await reserve(ledger), await reserve(ledger, call(build_id="b-2"))
    engine = create_engine(url)
    with engine.begin() as connection:  # as full as the column can be
        connection.execute(update(builds).values(input_tokens=2**63 - 1))
        connection.execute(update(builds).where(builds.c.build_id == "b-1").values(input_tokens=0))
    engine.dispose()
    results = await asyncio.gather(
        ledger.settle(good, outcome="answered", input_tokens=1),
        ledger.settle(bad, outcome="answered", input_tokens=1),
        ledger.settle(bad + 1, outcome="answered"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), StorageError, StorageError]
    assert (await ledger.totals("b-1")).input_tokens == 1
