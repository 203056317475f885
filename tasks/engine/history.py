"""The commits of a build: the empty tree, then a commit a file."""

from collections.abc import Mapping

from core.artifacts.structure import FileContract, FileStructure
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


def file_commits(
    structure: FileStructure, texts: Mapping[str, str], order: Mapping[str, object]
) -> list[Commit]:
    """The whole history up to stage 7; a function of the texts alone.

    Args:
        structure: the contracts.
        texts: text of every file, by path.
        order: the paths in the order of their commits.
    """
    contracts = {file.path: file for file in structure.files}
    written = [
        Commit(
            message=_message(contracts[path]),
            changes=(FileChange(path=path, content=texts[path]),),
        )
        for path in order
        if texts[path]  # an empty file is there since the first commit
    ]
    return [empty_tree(structure), *written]


def _message(file: FileContract) -> str:
    lines = [f"Write {file.path}", "", " ".join(file.purpose.split())]
    if file.requirements:
        lines += ["", f"Requirements: {', '.join(file.requirements)}"]
    return "\n".join(lines) + "\n"
