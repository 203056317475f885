"""Finds what files that a build did not write still name of files that it takes away."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from core.layout import COMMITTED_REPORT
from providers.vcs.git import Git

_FOLDERS_OWN = {"__init__", "index", "mod", "__main__"}
"""Names of files that stand for the folder they are in."""

_BEFORE, _AFTER = "(^|[^[:alnum:]_])", "([^[:alnum:]_]|$)"
_BRINGS_IN = rf"{_BEFORE}(import|from|require|include|extends|use|using){_AFTER}"
_HIT = re.compile(r"^[0-9a-f]+:(?P<path>[^\0]+)\0(?P<line>\d+)[\0:]", re.MULTILINE)
_SPECIAL = re.compile(r"([.^$*+?()\[\]{}|\\])")


async def left_names(git: Git, own: str, head: str, commit: str) -> tuple[str, ...]:
    """Places that seem to name a file that is there before a change is merged, and not after.

    It goes by names alone, in any language: the file's own one, its last folder with its name, and
    its name in a line that imports something. So it is a hint for whoever merges the change.

    Args:
        git: has the commits.
        own: holds the files of the build alone; what they name is the build's own matter.
        head: of the branch that the change is for.
        commit: what that branch shall have.

    Returns:
        Path and line, as `path:line`, in the order of paths.
    """
    gone = set(await _paths(git, head, commit, "D")) - {COMMITTED_REPORT}
    others = set(await _paths(git, own, commit, "AMT")) - {COMMITTED_REPORT}
    if not gone or not others:
        return ()
    patterns = "".join(f"{pattern}\n" for pattern in _patterns(gone))
    output = await git.run(
        *("grep", "-z", "-n", "-I", "-E", "--full-name", "-f", "-", commit),
        stdin=patterns.encode(),
        accepted=(0, 1),  # 1: nothing is found
    )
    found = _HIT.finditer(output.decode(errors="replace"))
    return tuple(f"{hit['path']}:{hit['line']}" for hit in found if hit["path"] in others)


async def _paths(git: Git, before: str, after: str, kinds: str) -> list[str]:
    """Paths of the files that are different in a way that git's letters say."""
    output = await git.run(
        *("diff-tree", "-r", "-z", "--name-only", "--no-renames", f"--diff-filter={kinds}"),
        *(before, after),
    )
    return [path for path in output.decode(errors="replace").split("\0") if path]


def _patterns(paths: Collection[str]) -> list[str]:
    patterns: set[str] = set()
    for each in paths:
        path = PurePosixPath(each)
        if path.stem in _FOLDERS_OWN:
            path = path.parent
        else:
            patterns.add(f"{_BEFORE}{_exact(path.name)}{_AFTER}")
        stem, folder = _exact(path.stem), _exact(path.parent.name)
        if not stem:
            continue
        if folder:
            patterns.add(f"{_BEFORE}{folder}[./\\\\]{stem}{_AFTER}")
        patterns.add(f"{_BRINGS_IN}(.*[^[:alnum:]_])?{stem}{_AFTER}")
    return sorted(patterns)


def _exact(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
