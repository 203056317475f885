"""A build that a signal stops and a kill ends, and that is started again until it is done."""

import json
import signal
from pathlib import Path

from tests.flows.command import TINY, local_models, start
from tests.flows.killer import Killer, assert_only_calls_in_flight_were_repeated
from tests.flows.test_local_server import is_running
from tests.model_server import model_server


def test_stopped_and_killed_a_build_goes_on_and_repeats_only_calls_in_flight(
    tmp_path: Path, environments: Path
) -> None:
    (tmp_path / "environments").symlink_to(environments)
    with model_server(latency=0.3) as server:
        killer = Killer(tmp_path, server)
        with start("build", TINY, *local_models(), environment=killer.environment) as process:
            while not server.calls():
                assert process.poll() is None, process.communicate()[0]
            prefect = json.loads((tmp_path / "prefect" / "server.json").read_text())["pid"]
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        assert process.returncode == 143, output
        assert output.endswith("Stopped. Nothing is lost: the same command goes on from there.\n")
        assert "Traceback" not in output
        assert not is_running(prefect)
        killer.kills.append(server.calls()[0].started)

        killer.kill_in_call("coder", 6)
        code, output = killer.finish()
        assert code == 0, output
        assert "tests green" in output
        calls = server.calls()
    assert_only_calls_in_flight_were_repeated(calls, killer.kills)
