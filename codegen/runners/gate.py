"""Finds out from a repository's files how it is checked as a whole before its tests run."""

from collections.abc import Mapping

from codegen.runners.python_gate import python_gate_steps
from codegen.runners.python_steps import PYTHON_MANIFESTS
from codegen.runners.tree import find_projects
from core.artifacts.run_plan import RunPlan, Step


def gate_steps(files: Mapping[str, str], *, report_path: str) -> RunPlan:
    """The checks that every file of a repository is put to, project by project.

    Args:
        files: texts of the repository's files, by path relative to its root.
        report_path: the file inside the sandbox that a step writes its report to.
    """
    steps: list[Step] = []
    for project in find_projects(files, PYTHON_MANIFESTS):
        steps += python_gate_steps(project, report_path)
    return RunPlan(steps=tuple(steps))
