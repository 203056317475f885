"""The recorded runs of `record.py`, as the tests read them."""

import json
import tomllib
from pathlib import Path

from codegen.runners.results import StepResult, StepRun, step_result
from core.artifacts.run_plan import Step

HERE = Path(__file__).parent
PROJECTS = HERE / "projects"
RECORDED = HERE / "recorded"
PATHS = {"/work": ""}
"""Where a box has the tree."""


def project_names() -> list[str]:
    return sorted(path.stem for path in PROJECTS.glob("*.toml"))


def read_project(name: str) -> dict[str, str]:
    """Texts of a project's files by path."""
    with (PROJECTS / f"{name}.toml").open("rb") as file:
        files: dict[str, str] = tomllib.load(file)["files"]
    return files


def recorded_run(name: str) -> tuple[Step, StepRun]:
    """The one step of a project, and how it went."""
    (folder,) = (RECORDED / name).iterdir()
    told = json.loads((folder / "run.json").read_text())
    report = folder / "report.txt"
    run = StepRun(
        exit_code=told["exit_code"],
        ended_by=told["ended_by"],
        report=report.read_bytes() if report.exists() else b"",
        output=(folder / "output.txt").read_text(),
    )
    return Step.model_validate(told["step"]), run


def recorded_result(name: str) -> StepResult:
    """What the one step of a project showed."""
    step, run = recorded_run(name)
    return step_result(step, run, PATHS, read_project(name))
