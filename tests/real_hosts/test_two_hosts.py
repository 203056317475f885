"""Builds share two machines, and what is limited or kept is so over both of them."""

import pytest

from tests.flows.killer import assert_only_calls_in_flight_were_repeated
from tests.real_hosts.builds import Builds, most_in_a_minute
from tests.real_hosts.conftest import CALLS_PER_MINUTE, PER_HOST
from tests.real_hosts.hosts import Host
from tests.real_hosts.services import Services

LATENCY = 1.5
GRACE = 1.0


@pytest.mark.timeout(1_800)
def test_builds_are_spread_and_share_limits_and_ledger(
    shared: Services, working: dict[str, Host], builds: Builds
) -> None:
    runs = [builds.start(f"Spread {number}") for number in range(2 * PER_HOST)]
    builds.wait(runs, 1_200)
    taken = [builds.worker(run) for run in runs]
    assert {name: taken.count(name) for name in working} == dict.fromkeys(working, PER_HOST)

    calls = builds.calls()
    assert len(calls) > 2 * CALLS_PER_MINUTE, "too few to show a limit"
    assert CALLS_PER_MINUTE / 2 < most_in_a_minute(calls) <= CALLS_PER_MINUTE
    booked = shared.postgres.ask(
        "ledger",
        "SELECT count(*), count(DISTINCT build_id) FROM calls "
        "WHERE project_id LIKE 'spread-%' AND outcome = 'answered'",
    )
    assert booked == f"{len(calls)}|{len(runs)}"


@pytest.mark.timeout(1_800)
def test_a_build_of_a_lost_machine_goes_on_at_the_other(
    shared: Services, working: dict[str, Host], builds: Builds
) -> None:
    shared.models.behave(latency=LATENCY)
    run = builds.start("Lost machine")
    builds.until(
        "the middle of stage 7",
        lambda: sum(call.model == "coder" for call in builds.calls()) >= 6,
        300,
    )
    first = builds.worker(run)
    lost = working[first].lose()
    builds.wait([run], 1_200)
    assert builds.worker(run) != first
    names = [state["name"] for state in builds.states(run)]
    assert [name for name in names if name in {"Crashed", "AwaitingRetry"}] == [
        "Crashed",
        "AwaitingRetry",
    ]
    assert_only_calls_in_flight_were_repeated(builds.calls(), [lost], GRACE)
