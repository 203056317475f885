"""Keeps a fix from deciding how tests run and which packages are installed.

What tests show would be worth nothing then, and a version that a model makes up may be anybody's.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from codegen.failure_classes import is_test_file
from codegen.manifests import fixes_versions

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


def refuse_rigging(before: Mapping[str, str], changed: Mapping[str, str | None]) -> None:
    """Refuse changes of what decides how tests run or what is installed, and of tests gone.

    It is strict where nothing tells a mended configuration from one that lets everything pass, and
    with manifests and locks, because models know versions that never were.

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
            "\n".join(
                ["nothing was changed, because how tests run and what they need must stay:", *lines]
            )
        )


def _why(path: str, before: str | None, after: str | None) -> str:
    parts = PurePosixPath(path.lower()).parts
    name = parts[-1]
    if _CONFIGURATIONS.fullmatch(name):
        return "it decides how tests run, and must stay as it is"
    if fixes_versions(path):
        return (
            "it says which packages are installed, and only programs write it; import the standard "
            "library or a declared dependency instead, or answer NO CHANGE where only another "
            "package or version would help"
        )
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
    return ""
