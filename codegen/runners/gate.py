"""Finds out from a repository's files how it is checked as a whole before its tests run."""

from collections.abc import Mapping

from codegen.runners.go_steps import GO_MANIFEST, go_gate_steps
from codegen.runners.npm_gate import npm_gate_steps
from codegen.runners.npm_manifest import NPM_MANIFEST
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
    found: list[Step | str] = []
    for project in find_projects(files, PYTHON_MANIFESTS):
        found += python_gate_steps(project, report_path)
    for project in find_projects(files, frozenset({NPM_MANIFEST})):
        found += npm_gate_steps(project, report_path)
    for project in find_projects(files, frozenset({GO_MANIFEST})):
        found += go_gate_steps(project)
    return RunPlan(
        steps=tuple(item for item in found if isinstance(item, Step)),
        notes=tuple(item for item in found if isinstance(item, str)),
    )
