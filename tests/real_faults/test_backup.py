"""A half-done build that is backed up twice, lost, restored and finished."""

import json
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.flows.killer import Killer, assert_only_calls_in_flight_were_repeated
from tests.model_server import model_server
from tests.providers.storage.backup_commands import backups, run_commands


def stop_server(home: Path) -> None:
    """Stop the Prefect server that outlives the killed builds, as its machine's end would."""
    server = json.loads((home / "prefect/server.json").read_text())
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(server["pid"], signal.SIGKILL)


@pytest.mark.timeout(600)
def test_a_half_done_build_comes_back_from_its_second_backup_and_asks_nothing_again(
    tmp_path: Path, environments: Path
) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    home = tmp_path / ".app-builder"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    with model_server(latency=0.3) as server:
        killer = Killer(home, server)
        killer.kill_in_call("coder", 2)
        run_commands("backup", tmp_path, killer.environment)
        killer.kill_in_call("coder", 4)
        run_commands("backup", tmp_path, killer.environment)
        stop_server(home)
        shutil.move(home, tmp_path / "damaged")

        _, newest = backups(tmp_path)
        run_commands("restore", tmp_path, killer.environment, BACKUP=str(newest))
        (home / "environments").symlink_to(environments)
        code, output = killer.finish()
        assert code == 0, output
        assert "tests green" in output
        assert_only_calls_in_flight_were_repeated(server.calls(), killer.kills)
