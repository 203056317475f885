"""Keeps a fix from deciding how tests run: what they show would be worth nothing then."""

import configparser
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, cast

from codegen.failure_classes import is_test_file

_CONFIGURATIONS = re.compile(
    r"conftest\.py|(?:site|user)customize\.py|\.?pytest\.(?:ini|toml)|tox\.ini|.*\.pth"
    r"|(?:vitest|jest)\.(?:config|workspace|setup)\.\w+|\.mocharc\.\w+|\.npmrc"
)
_VITE = re.compile(r"vite\.config\.\w+")
_VITE_TESTS = re.compile(r"\btest\s*:")
_FOREIGN_FOLDERS = re.compile(r"node_modules|.+\.(?:egg|dist)-info")
_SHADOWING = frozenset({"pytest", "_pytest", "pluggy", "iniconfig", "unittest", "py"})
"""Modules that a runner of Python tests consists of, as any folder may offer them first."""

_HOOKS = re.compile(
    r"\bpytest_plugins\b|\bdef pytest_\w+|\bpytest11\b|\bfunc TestMain\b|\bPYTEST_ADDOPTS\b"
)
_SCRIPTS = frozenset({"start", "build", "dev", "preview"})
"""Scripts of a `package.json` that no test run begins with."""

_NODE_RUNNERS = frozenset({"vitest", "jest", "mocha"})
_ELSEWHERE = re.compile(r"[:/]")


def refuse_rigging(before: Mapping[str, str], changed: Mapping[str, str | None]) -> None:
    """Refuse changes of what decides how tests run, and of tests that would be gone.

    It is strict where nothing tells a mended configuration from one that lets everything pass.

    Args:
        before: every file of the repository by its path.
        changed: new texts by path, `None` for a file that goes; as `apply_edits` gives them.

    Raises:
        ValueError: names the files, fit to be shown to the model that wrote the change.
    """
    lines = [
        f"- {path!r}: {why}"
        for path, text in changed.items()
        if (why := _why(path, before.get(path), text))
    ]
    if lines:
        raise ValueError(
            "\n".join(["nothing was changed, because how tests run must stay:", *lines])
        )


def _why(path: str, before: str | None, after: str | None) -> str:
    parts = PurePosixPath(path.lower()).parts
    name = parts[-1]
    if _CONFIGURATIONS.fullmatch(name):
        return "it decides how tests run, and must stay as it is"
    if any(_FOREIGN_FOLDERS.fullmatch(part) for part in parts):
        return "its folder is that of installed packages"
    if after is None and is_test_file(path):
        return "it holds tests, or what they use, and must stay"
    if before is None and name.endswith(".py"):
        shadowed = _SHADOWING & {*parts[:-1], name.removesuffix(".py")}
        if shadowed:
            return f"it would stand in for the test runner's {min(shadowed)!r}"
    old, new = before or "", after or ""
    if _VITE.fullmatch(name) and (_VITE_TESTS.search(old) or _VITE_TESTS.search(new)):
        return "it decides how tests run, and must stay as it is"
    if hooks := set(_HOOKS.findall(new)) - set(_HOOKS.findall(old)):
        return f"it changes how tests run with {min(hooks)!r}"
    reader = _READERS.get(name)
    if reader is not None and reader(old) != reader(new):
        return "what it says of tests (their settings, scripts and plugins) must stay as it is"
    return ""


def _pyproject(text: str) -> object:
    """What a `pyproject.toml` says of tests; what cannot be read says nothing."""
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    project, tool = _table(content.get("project")), _table(content.get("tool"))
    poetry = _table(tool.get("poetry")).get("plugins")
    told = (tool.get("pytest"), project.get("entry-points"), poetry)
    return told if any(told) else None


def _setup_cfg(text: str) -> object:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    sections = ("tool:pytest", "options.entry_points")
    return [dict(parser[name]) for name in sections if parser.has_section(name)] or None


def _package_json(text: str) -> object:
    try:
        content = _table(json.loads(text))
    except (ValueError, RecursionError):
        return None
    scripts = {
        name: line
        for name, line in _table(content.get("scripts")).items()
        if name.removeprefix("pre").removeprefix("post") not in _SCRIPTS
    }
    elsewhere = {
        (kind, name): version
        for kind, packages in content.items()
        if "ependencies" in kind
        for name, version in _table(packages).items()
        if name in _NODE_RUNNERS and _ELSEWHERE.search(str(version))
    }
    settings = {name: content[name] for name in _NODE_RUNNERS if name in content}
    told = (scripts, elsewhere, settings)
    return told if any(told) else None


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


_READERS = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "package.json": _package_json,
}
