"""The commits of a build: the empty tree, or what changes of another one, then a commit a file."""

from collections.abc import Mapping

from core.artifacts.structure import FileContract, FileStructure
from core.layout import COMMITTED_REPORT
from providers.vcs.history import Commit, FileChange

BRANCH = "build"
"""Branch of the build's own repository; publishing chooses the public one."""


def empty_tree(structure: FileStructure) -> Commit:
    """The first commit: every file of the structure, empty."""
    paths = sorted(file.path for file in structure.files)
    return Commit(
        message=f"Create {len(paths)} empty files\n",
        changes=tuple(FileChange(path=path, content="") for path in paths),
    )


def begun_change(structure: FileStructure, before: Mapping[str, str]) -> Commit:
    """The first commit of a build that changes another: new files, empty, and none that are gone.

    Args:
        structure: of this build.
        before: the files of the other one, by path.
    """
    paths = {file.path for file in structure.files}
    added, removed = sorted(paths - before.keys()), sorted(before.keys() - paths)
    done = [f"create {len(added)} empty files"] if added else []
    done += [f"remove {len(removed)} files"] if removed else []
    done.append("take the last report away")
    text = " and ".join([", ".join(done[:-1]), done[-1]] if done[1:] else done)
    return Commit(
        message=f"{text[0].upper()}{text[1:]}\n",
        changes=(
            *(FileChange(path=path, content=None) for path in (*removed, COMMITTED_REPORT)),
            *(FileChange(path=path, content="") for path in added),
        ),
    )


def file_commits(
    structure: FileStructure,
    texts: Mapping[str, str],
    order: Mapping[str, object],
    before: Mapping[str, str] | None = None,
) -> list[Commit]:
    """The history up to stage 7; a function of the texts alone.

    Args:
        structure: the contracts.
        texts: text of every file, by path.
        order: the paths in the order of their commits.
        before: files of the build that is changed, whose history goes on; `None` begins one.
    """
    contracts = {file.path: file for file in structure.files}
    there = before or {}
    written = [
        Commit(
            message=_message(contracts[path], "Change" if path in there else "Write"),
            changes=(FileChange(path=path, content=texts[path]),),
        )
        for path in order
        if texts[path] != there.get(path, "")  # an empty file is there since the first commit
    ]
    first = empty_tree(structure) if before is None else begun_change(structure, before)
    return [first, *written]


def _message(file: FileContract, verb: str) -> str:
    lines = [f"{verb} {file.path}", "", " ".join(file.purpose.split())]
    if file.requirements:
        lines += ["", f"Requirements: {', '.join(file.requirements)}"]
    return "\n".join(lines) + "\n"
