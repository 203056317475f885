import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import BuildBusyError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import held_leases
from tasks.engine.build_lock import build_held, build_locked


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


async def test_a_build_is_held_on_this_machine_and_in_the_store(tmp_path: Path) -> None:
    store = ArtifactStore(f"file://{tmp_path}/store")
    async with build_held(tmp_path / "locks", store, "b-1"):
        assert await store.list_keys("locks/b-1") == ["locks/b-1/00000001"]
        with (
            pytest.raises(BuildBusyError, match="on this machine"),
            build_locked(tmp_path / "locks", "b-1"),
        ):
            pass
    assert await held_leases(store) == []
    with build_locked(tmp_path / "locks", "b-1"):
        pass
