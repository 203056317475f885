import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import BuildBusyError
from tasks.engine.build_lock import build_locked


def test_a_build_runs_once_at_a_time(tmp_path: Path) -> None:
    with (
        build_locked(tmp_path, "b-1"),
        pytest.raises(BuildBusyError, match="'b-1' is already running"),
        build_locked(tmp_path, "b-1"),
    ):
        pass
    with build_locked(tmp_path, "b-1"), build_locked(tmp_path, "b-2"):
        pass


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tasks.engine.build_lock import build_locked\n"
        "with build_locked(Path(sys.argv[1]), 'b-1'):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BuildBusyError), build_locked(tmp_path, "b-1"):
            pass
        holder.kill()
    with build_locked(tmp_path, "b-1"):
        pass
