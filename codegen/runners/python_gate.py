"""How a Python project is checked as a whole: every module loaded, and ruff over every file."""

import re
import sys
import tomllib
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import PurePosixPath
from typing import cast

from codegen.runners.tree import Project
from core.artifacts.run_plan import TOOL_FOLDER, ReportFormat, Runner, Step, Tool

RUFF_RULES = "E9,F63,F7,F82"
"""Rules of ruff that say that code is broken: it cannot be read, compares what can never be equal,
has statements where Python allows none, or uses names that nobody defines."""

_MODULE_SECONDS = 20
_NO_MODULES = frozenset(
    {
        *("__tests__", "alembic", "benchmarks", "bin", "docs", "e2e", "examples", "migrations"),
        *("scripts", "spec", "test", "tests", "tools"),
    }
)
"""Folders whose files are run by a tool or by a person and not imported by name."""

_NO_MODULE_NAMES = frozenset({"__main__", "conftest", "noxfile", "setup"})
_TEST_FILE = re.compile(r"test_.*|.*_test|tests")
_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']""")


def python_gate_steps(project: Project, report_path: str) -> Iterator[Step]:
    """Its steps; none where it has no Python file."""
    paths = project.named(".py")
    if not paths:
        return
    found = _SETTINGS.search(project.files.get("manage.py", ""))
    settings = found[1] if found else ""
    layout = _Layout(project)
    items = [f"{layout.module(path)}:{path}" for path in paths]
    probe = f"{TOOL_FOLDER}/{Tool.LOAD_PROBE}"
    given = (report_path, str(_MODULE_SECONDS), settings, ":".join(layout.roots))
    yield Step(
        kind="gate",
        runner=Runner.LOAD_CHECK,
        ecosystem="python",
        folder=project.folder,
        command=("python", "-I", "-B", probe, *given, *items),
        report=ReportFormat.LOAD,
        report_path=report_path,
        tools=(Tool.LOAD_PROBE,),
    )
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    # Neither comments nor lists of files to ignore may hide what is broken; of files that are named
    # ruff reads all.
    blunt = ("--isolated", "--no-cache", "--ignore-noqa", "--no-respect-gitignore")
    options = (*blunt, "--select", RUFF_RULES, "--target-version", version)
    yield Step(
        kind="gate",
        runner=Runner.RUFF,
        ecosystem="python",
        folder=project.folder,
        command=(
            *(f"{TOOL_FOLDER}/{Tool.RUFF}", "check", *options),
            *("--output-format", "json", "--output-file", report_path, "--", *paths),
        ),
        report=ReportFormat.RUFF,
        report_path=report_path,
        tools=(Tool.RUFF,),
    )


class _Layout:
    """Where in a project modules are imported from.

    Attributes:
        roots: folders that Python looks in, the project's own last.
    """

    def __init__(self, project: Project) -> None:
        paths = [path for path in project.named(".py") if _NO_MODULES.isdisjoint(_folders(path))]
        self._packages = {path.rpartition("/")[0] for path in paths if _is_marker(path)}
        found = {self._root(path) for path in paths} | _pytest_roots(project)
        found |= {"src"} if any(path.startswith("src/") for path in paths) else set()
        self.roots = (*sorted(found - {"", "."}), ".")

    def module(self, path: str) -> str:
        """Name by which a file is imported; empty for one that is not."""
        root = self._root(path) or ("src" if path.startswith("src/") else "")
        inside = path.removeprefix(f"{root}/") if root else path
        parts = PurePosixPath(inside).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        named = all(part.isidentifier() and not iskeyword(part) for part in parts)
        outside = not _NO_MODULES.isdisjoint(_folders(path))
        if not parts or not named or outside or parts[-1] in _NO_MODULE_NAMES:
            return ""
        return "" if _TEST_FILE.fullmatch(parts[-1]) else ".".join(parts)

    def _root(self, path: str) -> str:
        """The folder around the outermost package a file is in; empty for one in no package."""
        folder = path.rpartition("/")[0]
        if folder not in self._packages:
            return ""
        while folder in self._packages:
            folder = folder.rpartition("/")[0]
        return folder


def _folders(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts[:-1]


def _is_marker(path: str) -> bool:
    return "/" in path and path.endswith("/__init__.py")


def _pytest_roots(project: Project) -> set[str]:
    """Folders that pytest is told to look in, as applications do where they are started."""
    try:
        options = tomllib.loads(project.files.get("pyproject.toml", ""))
        found = options["tool"]["pytest"]["ini_options"]["pythonpath"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return set()
    named = cast("list[object]", found) if isinstance(found, list) else str(found).split()
    return {str(item).strip("/") for item in named if ":" not in str(item)}
