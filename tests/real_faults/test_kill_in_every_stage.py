"""A build killed in every stage, and started again until it is done."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.stages import read_stage_rows
from tests.flows.killer import Killer, assert_only_calls_in_flight_were_repeated
from tests.model_server import model_server

LATENCY = 0.3
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
    assert_only_calls_in_flight_were_repeated(calls, killer.kills)
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
