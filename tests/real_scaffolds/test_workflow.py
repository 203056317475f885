"""What a workflow looks for before the tests, run with a real jq as a code host runs it."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from codegen.scaffolds.packs import WORKFLOW
from tests.codegen.scaffolds.products import made


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"ruleId": "no-unused-vars", "severity": 2}, 0),
        ({"ruleId": "no-dupe-keys", "severity": 1}, 0),
        ({"ruleId": "no-dupe-keys", "severity": 2}, 1),
        ({"ruleId": None, "severity": 2, "fatal": True}, 1),
        (None, 5),
    ],
)
def test_a_workflow_fails_where_a_script_is_broken(
    tmp_path: Path, message: dict[str, object] | None, code: int
) -> None:
    jobs = yaml.safe_load(made("express").served[WORKFLOW])["jobs"]
    lint = next(step for step in jobs["node"]["steps"] if "env" in step)
    found = {"filePath": "a.js", "messages": [{"line": 3, "message": "It is.", **(message or {})}]}
    said = tmp_path / "said.json"
    said.write_text(json.dumps([found]) if message else "")
    script = f"npx() {{ cat {said}; return 1; }}\n{lint['run']}"
    run = subprocess.run(
        ["bash", "-e", "-c", script],
        env={**os.environ, **lint["env"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stderr
    assert ("a.js:3: " in run.stdout) == (code == 1)
