"""Starts a build as a command, kills it where it is told, and says which calls were under way."""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from flows.fan_out import AT_WORK
from tests.flows.command import TINY, local_models, run, start, variables
from tests.model_server import Call, ModelServer

AT_ONCE = 4
UNDER_WAY = AT_WORK * AT_ONCE
"""Files of which each may have a call in flight, or an answer that is on its way to the store."""
GRACE = 0.2
"""An answer the server sent this shortly before the kill had not reached the store yet."""


class Killer:
    """Starts the same build again and again, and kills it where it is told."""

    def __init__(self, home: Path, server: ModelServer) -> None:
        self._server = server
        self._home = home
        self.environment = variables(
            home, LOCAL_LLM_BASE_URL=server.base_url, APP_BUILDER_FILES_AT_ONCE=str(AT_ONCE)
        )
        self.kills: list[float] = []

    def kill_when(self, reached: Callable[[], bool]) -> None:
        with start("build", TINY, *local_models(), environment=self.environment) as process:
            give_up = time.monotonic() + 120
            while not reached():
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < give_up
                time.sleep(0.005)
            process.kill()
            process.wait()
        self.kills.append(time.time())

    def kill_in_call(self, template: str, number: int) -> None:
        seen = self.calls_for(template)
        self.kill_when(lambda: self.calls_for(template) >= seen + number)

    def kill_at_stage(self, stage: str) -> None:
        before = self.record().get("started_at", "")
        time.sleep(1)  # the record tells runs apart by the second

        def reached() -> bool:
            record = self.record()
            return record.get("started_at", "") != before and stage in record["stages"]

        self.kill_when(reached)

    def finish(self) -> tuple[int, str]:
        return run("build", TINY, *local_models(), environment=self.environment)

    def calls_for(self, template: str) -> int:
        return sum(call.model == template for call in self._server.calls())

    def record(self) -> dict[str, dict[str, str]]:
        records = list((self._home / "store" / "project").glob("*/build.json"))
        return json.loads(records[0].read_text()) if records else {}


def assert_only_calls_in_flight_were_repeated(
    calls: list[Call], kills: list[float], grace: float = GRACE
) -> None:
    """Each kill may cost what was being asked then: at most a call of each file under way."""
    asked = Counter(call.digest for call in calls)
    repeated = {digest: number - 1 for digest, number in asked.items() if number > 1}
    excusable = Counter(
        call.digest for killed in kills for call in _in_flight(calls, killed, grace)
    )
    for digest, number in repeated.items():
        assert number <= excusable[digest], "a call was repeated that was not in flight"
    for killed, following in zip(kills, [*kills[1:], time.time()], strict=True):
        once_more = [
            call
            for call in calls
            if killed < call.started <= following
            and any(other.digest == call.digest for other in calls if other.started <= killed)
        ]
        assert len(once_more) <= UNDER_WAY


def _in_flight(calls: list[Call], killed: float, grace: float) -> list[Call]:
    return [
        call
        for call in calls
        if call.started <= killed and (call.finished is None or call.finished > killed - grace)
    ]
