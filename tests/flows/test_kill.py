"""A build killed in every stage, and started again until it is done."""

import itertools
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.stages import read_stage_rows
from tests.flows.command import TINY, local_models, run, start, variables
from tests.model_server import Call, ModelServer, model_server

LATENCY = 0.3
AT_ONCE = 4
GRACE = 0.2
"""An answer the server sent this shortly before the kill had not reached the store yet."""

MORE_KILLS = {
    "file-structure-generator": [3],
    "validator": [2],
    "prompt-builder": [2],
    "coder": [12],
}
"""How many further calls of a template are new when the process is killed in it once more."""

SELDOM_ASKED = {"debugger"}
"""Templates that a build with green tests does not ask."""


def kills() -> Iterator[tuple[str, int]]:
    """Each stage to be killed in, in order: a template with a number of calls, or a stage and 0.

    A stage that asks models is killed in the first call of each; one that does not, as soon as
    the build record shows it.
    """
    for row in read_stage_rows():
        asked = [use["template"] for use in row.get("models", [])]
        templates = [template for template in asked if template not in SELDOM_ASKED]
        for template in templates:
            yield template, 1
            yield from ((template, number) for number in MORE_KILLS.get(template, []))
        if not templates:
            yield row["number"], 0


class Killer:
    """Starts the same build again and again, and kills it where it is told."""

    def __init__(self, home: Path, server: ModelServer) -> None:
        self._server = server
        self._home = home
        self._environment = variables(
            home, LOCAL_LLM_BASE_URL=server.base_url, APP_BUILDER_FILES_AT_ONCE=str(AT_ONCE)
        )
        self.kills: list[float] = []

    def kill_when(self, reached: Callable[[], bool]) -> None:
        with start("build", TINY, *local_models(), environment=self._environment) as process:
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
        return run("build", TINY, *local_models(), environment=self._environment)

    def calls_for(self, template: str) -> int:
        return sum(call.model == template for call in self._server.calls())

    def record(self) -> dict[str, dict[str, str]]:
        records = list((self._home / "store" / "project").glob("*/build.json"))
        return json.loads(records[0].read_text()) if records else {}


def in_flight(calls: list[Call], killed: float) -> list[Call]:
    return [
        call
        for call in calls
        if call.started <= killed and (call.finished is None or call.finished > killed - GRACE)
    ]


@pytest.mark.timeout(600)
def test_killed_in_every_stage_a_build_ends_and_repeats_only_calls_in_flight(
    tmp_path: Path, environments: Path
) -> None:
    (tmp_path / "environments").symlink_to(environments)
    with model_server(latency=LATENCY) as server:
        killer = Killer(tmp_path, server)
        for killed_in, number in kills():
            if number:
                killer.kill_in_call(killed_in, number)
            else:
                killer.kill_at_stage(killed_in)
        code, output = killer.finish()
        assert code == 0, output
        assert "tests green" in output
        calls = server.calls()
        again_code, _ = killer.finish()
        assert again_code == 0
        assert server.calls() == calls, "what is built is not asked for again"

    asked = Counter(call.digest for call in calls)
    repeated = {digest: number - 1 for digest, number in asked.items() if number > 1}
    excusable = Counter(call.digest for killed in killer.kills for call in in_flight(calls, killed))
    for digest, number in repeated.items():
        assert number <= excusable[digest], "a call was repeated that was not in flight"
    for killed, following in itertools.pairwise([*killer.kills, time.time()]):
        once_more = [
            call
            for call in calls
            if killed < call.started <= following
            and any(other.digest == call.digest for other in calls if other.started <= killed)
        ]
        assert len(once_more) <= AT_ONCE

    assert_history_is_closed(tmp_path / "prefect" / "prefect.db", len(killer.kills))


def assert_history_is_closed(database: Path, kills: int) -> None:
    """Nothing is left running in Prefect's history: killed runs are marked as crashed."""
    with closing(sqlite3.connect(database)) as connection:
        runs = Counter(state for (state,) in connection.execute("SELECT state_type FROM flow_run"))
        tasks = Counter(state for (state,) in connection.execute("SELECT state_type FROM task_run"))
    assert runs["COMPLETED"] == 2
    assert 0 < runs["CRASHED"] <= kills  # one killed before Prefect knew of it left none
    assert set(runs) == {"COMPLETED", "CRASHED"}
    assert not {"RUNNING", "PENDING"} & set(tasks)
