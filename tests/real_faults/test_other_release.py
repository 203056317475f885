"""A build that one release began and another goes on with, by the real command."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.flows.command import ROOT, TINY, run, variables

NEWER = """
import sys
from prompts import renderer
from tasks.engine import build_session, open_build
import codegen.report

digest = renderer.template_digest
for module in (build_session, open_build, codegen.report):
    module.release = lambda: "9.0.0"
build_session.code_digest = lambda: "code-of-9"
build_session.template_digest = lambda name: "9" + digest(name)
from flows.cli import main

sys.argv = ["app-builder", "build", *sys.argv[1:]]
main()
"""
"""The command as a release would run it whose code and templates are others."""


def build_with_newer(home: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", NEWER, str(TINY)],
        cwd=ROOT,
        env=variables(home, APP_BUILDER_SANDBOX_KIND="none"),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def record_of(home: Path) -> tuple[Path, dict[str, Any]]:
    (path,) = home.glob("store/project/*/build.json")
    return path, json.loads(path.read_text())


def test_a_newer_release_keeps_what_was_finished_and_an_older_one_refuses_what_is_newer(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    environment = variables(home, APP_BUILDER_SANDBOX_KIND="none")
    code, output = run("build", TINY, environment=environment)
    assert code == 0, output
    path, before = record_of(home)
    # As if it had been stopped before stage 7 was finished.
    unfinished = {**before, "made_by": {k: v for k, v in before["made_by"].items() if k != "7"}}
    path.write_text(json.dumps(unfinished))

    code, output = build_with_newer(home)
    assert code == 0, output
    _, after = record_of(home)
    assert after["release"] == before["release"]
    kept = {number: done["cached"] for number, done in after["stages"].items()}
    assert all(kept[number] for number in ("0", "1", "1.5", "2", "3", "3.5", "4", "5"))
    assert not kept["7"], "it was not finished, so it is made by the newer one"
    assert after["made_by"]["7"]["release"] == "9.0.0"
    assert {**after["made_by"], "7": None} == {**before["made_by"], "7": None}
    assert after["totals"]["calls"] == before["totals"]["calls"], "no answer was asked for twice"
    report = (path.parent / "report" / "report.md").read_text()
    assert "releases that made it: " in report
    assert f"{before['release']}, 9.0.0" in report.replace("\\", "")

    newer = json.dumps({**after, "schema_version": 2})
    path.write_text(newer)
    code, output = run("build", TINY, environment=environment)
    assert code == 1
    assert "a newer release wrote it; use that release" in " ".join(output.split())
    assert path.read_text() == newer, "nothing was written over"
