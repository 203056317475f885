"""How a Python project is checked as a whole: every module loaded, and ruff over every file."""

import re
import sys
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import PurePosixPath

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
    items = [f"{_module(path)}:{path}" for path in paths]
    probe = f"{TOOL_FOLDER}/{Tool.LOAD_PROBE}"
    yield Step(
        kind="gate",
        runner=Runner.LOAD_CHECK,
        ecosystem="python",
        folder=project.folder,
        command=("python", "-I", "-B", probe, report_path, str(_MODULE_SECONDS), settings, *items),
        report=ReportFormat.LOAD,
        report_path=report_path,
        tools=(Tool.LOAD_PROBE,),
    )
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    options = ("--isolated", "--no-cache", "--select", RUFF_RULES, "--target-version", version)
    yield Step(
        kind="gate",
        runner=Runner.RUFF,
        ecosystem="python",
        folder=project.folder,
        command=(
            *(f"{TOOL_FOLDER}/{Tool.RUFF}", "check", *options),
            *("--output-format", "json", "--output-file", report_path, "."),
        ),
        report=ReportFormat.RUFF,
        report_path=report_path,
        tools=(Tool.RUFF,),
    )


def _module(path: str) -> str:
    """Name by which a file is imported; empty for one that is not."""
    parts = PurePosixPath(path.removeprefix("src/")).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    named = all(part.isidentifier() and not iskeyword(part) for part in parts)
    outside = not _NO_MODULES.isdisjoint(parts[:-1])
    if not parts or not named or outside or parts[-1] in _NO_MODULE_NAMES:
        return ""
    return "" if _TEST_FILE.fullmatch(parts[-1]) else ".".join(parts)
