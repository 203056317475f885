"""A `conftest.py` that pytest really collects in a box, in each sandbox."""

from pathlib import Path

import pytest

from core.settings import SandboxLimits
from tests.providers.sandbox.boxes import Boxes
from tests.real_sandbox import attempts
from tests.real_sandbox.test_escapes import listening

SITE = "/site"


async def test_what_a_collected_conftest_tries_is_held(
    boxes: Boxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    planted = tmp_path / "secret.txt"
    planted.write_text("planted-secret")
    monkeypatch.setenv("PLANTED_KEY", "planted-secret")
    interpreter = await boxes.sandbox.interpreter()
    async with listening() as machine:
        (boxes.folder / "conftest.py").write_text(
            attempts.PRELUDE
            + attempts.reading([str(planted), __file__])
            + attempts.reaching(machine.port, machine.abstract, ["127.0.0.1", "172.17.0.1"])
            + attempts.RIGHTS
            + attempts.ENVIRONMENTS
        )
        (boxes.folder / "test_shop.py").write_text("def test_sells(): pass\n")
        run = await boxes.sandbox.run(
            (interpreter.program, "-m", "pytest", "-s", "-p", "no:cacheprovider"),
            folder=boxes.folder,
            environment={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": SITE,
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            limits=SandboxLimits(seconds=60, memory_mb=512, processes=64),
            read_only={**interpreter.mounts, SITE: Path(pytest.__file__).parents[1]},
        )
    assert (run.ended_by, run.exit_code) == ("exit", 0), run.output
    assert "1 passed" in run.output
    assert "clean True" in run.output
    assert "GOT" not in run.output
    assert "planted-secret" not in run.output
    assert run.output.count(" held ") >= 40
    assert machine.connections == 0
