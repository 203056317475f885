"""Finds out from a repository's files how it is checked as a whole before its tests run."""

from collections.abc import Mapping

from codegen.runners.findings_reading import below
from codegen.runners.go_steps import GO_MANIFEST, go_gate_steps
from codegen.runners.npm_gate import npm_gate_steps, scripts_read
from codegen.runners.npm_manifest import NPM_MANIFEST
from codegen.runners.python_gate import python_gate_steps
from codegen.runners.python_steps import PYTHON_MANIFESTS
from codegen.runners.tree import find_projects, is_foreign
from core.artifacts.run_plan import RunPlan, Step

_CODE = (".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".go")


def code_without_step(files: Mapping[str, str]) -> list[str]:
    """Paths of code that no step of the gate reads, so that it must at least be parsed.

    It is in no project of its language, or its project brings no tool that reads it.
    """
    read: set[str] = set()
    for project in find_projects(files, PYTHON_MANIFESTS):
        read.update(below(project.folder, path) for path in project.named(".py"))
    for project in find_projects(files, frozenset({NPM_MANIFEST})):
        read.update(below(project.folder, path) for path in scripts_read(project))
    for project in find_projects(files, frozenset({GO_MANIFEST})):
        read.update(below(project.folder, path) for path in project.named(".go"))
    code = (path for path in files if path.endswith(_CODE) and not is_foreign(path))
    return [path for path in code if path not in read]


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
