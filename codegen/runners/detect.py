"""Finds out from a repository's files how it is built, tested and started."""

from collections.abc import Mapping

from codegen.runners.go_steps import GO_MANIFEST, go_steps
from codegen.runners.npm_manifest import NPM_MANIFEST
from codegen.runners.npm_steps import npm_steps
from codegen.runners.python_steps import PYTHON_MANIFESTS, python_steps
from codegen.runners.tree import find_projects
from core.artifacts.run_plan import RunPlan, Step

_KINDS = ("build", "test", "boot")


def detect_runs(files: Mapping[str, str], *, report_path: str) -> RunPlan:
    """The steps that show whether a repository works.

    A repository can hold several projects, such as a back end and a front end, each with steps of
    its own. Builds come before tests and boot checks after them.

    Args:
        files: texts of the repository's files, by path relative to its root.
        report_path: the file inside the sandbox that a step writes its report to.
    """
    found: list[Step | str] = []
    for project in find_projects(files, PYTHON_MANIFESTS):
        found += python_steps(project, report_path)
    for project in find_projects(files, frozenset({NPM_MANIFEST})):
        found += npm_steps(project, report_path)
    for project in find_projects(files, frozenset({GO_MANIFEST})):
        found += go_steps(project, report_path)
    steps = [item for item in found if isinstance(item, Step)]
    return RunPlan(
        steps=tuple(sorted(steps, key=lambda step: _KINDS.index(step.kind))),
        notes=tuple(item for item in found if isinstance(item, str)),
    )
