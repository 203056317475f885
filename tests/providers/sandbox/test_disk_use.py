import asyncio
from pathlib import Path

import pytest

from providers.sandbox import disk_use as module
from providers.sandbox.disk_use import disk_use, watch_growth


def test_files_are_counted_at_any_depth_and_once(tmp_path: Path):
    before = disk_use([tmp_path])
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/a").write_bytes(bytes(1 << 20))
    (tmp_path / "b").hardlink_to(tmp_path / "deep/er/a")
    (tmp_path / "out").symlink_to("/usr")
    assert (1 << 20) <= disk_use([tmp_path, tmp_path / "deep"]) - before < (2 << 20)
    assert disk_use([tmp_path / "missing"]) == 0


async def test_only_growth_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.01)
    (tmp_path / "before").write_bytes(bytes(3 << 20))
    watch = asyncio.create_task(watch_growth([tmp_path], 2))
    await asyncio.sleep(0.1)
    assert not watch.done()
    (tmp_path / "after").write_bytes(bytes(3 << 20))
    async with asyncio.timeout(5):
        assert await watch == "disk"
