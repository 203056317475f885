"""A build that another service cancels ends soon and in order, and goes on when it is started."""

import time
from collections import Counter

import pytest

from core.artifacts.build_outcome import OutcomeStatus
from core.artifacts.build_record import BuildRecord, BuildStatus, StageStatus
from tests.model_server import ModelServer
from tests.real_services.service import Service

AT_ONCE = 4
"""Files that are written at the same time, as the setting says that nobody changed here."""

LATENCY = 2.0


def record_of(service: Service, run_id: str) -> BuildRecord:
    build_id = service.outcomes(run_id)[0].build_id
    path = service.stack.home / "store" / "project" / build_id / "build.json"
    return BuildRecord.model_validate_json(path.read_text())


@pytest.mark.timeout(1_200)
def test_a_cancelled_build_stops_asking_says_so_and_goes_on_later(
    service: Service, models: ModelServer
) -> None:
    models.behave(latency=LATENCY)
    run = service.build("Cancelled notes", "cancelled-1")
    service.until(lambda: sum(call.model == "coder" for call in models.calls()) >= 2, run)
    asked = time.time()
    service.cancel(run)
    ended = service.until(lambda: len(service.outcomes(run)) == 2)
    before = models.calls()

    assert ended - asked < 30
    # The worker looks for hooks before it says so, in a process of its own, which takes its time.
    service.until(lambda: service.run(run)["state_type"] in {"CANCELLED", "CRASHED"})
    assert service.run(run)["state"]["name"] == "Cancelled"
    begun, outcome = service.outcomes(run)
    assert (begun.status, outcome.status) == (OutcomeStatus.RUNNING, OutcomeStatus.CANCELLED)
    assert outcome.finished_at
    assert outcome.repository == ""
    record = record_of(service, run)
    assert record.status is BuildStatus.CANCELLED
    assert record.stages["7"].status is StageStatus.INTERRUPTED
    service.until(lambda: service.events(run)[-1]["event"] == "app-build.cancelled")
    time.sleep(2 * LATENCY)
    assert len(models.calls()) == len(before), "no call is made once the build is over"

    models.behave(latency=0)
    again = service.build("Cancelled notes", "cancelled-2")
    assert service.wait(again)["state_type"] == "COMPLETED"
    assert service.outcomes(again)[-1].build_id == outcome.build_id
    times = Counter(call.digest for call in models.calls())
    open_then = {call.digest for call in before if call.finished is None or call.finished > asked}
    repeated = {digest for digest, number in times.items() if number > 1}
    assert repeated <= open_then, "only what was under way is asked again"
    assert len(repeated) <= AT_ONCE
