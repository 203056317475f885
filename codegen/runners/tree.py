"""The projects of a repository: folders with a manifest, and the files that belong to each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_FOREIGN_FOLDERS = frozenset({".git", ".venv", "__pycache__", "node_modules"})
"""Folders of what tools install or make, by names that nobody gives to code of their own.

What is verified is a commit, which holds what was written for it: a folder such as `build` or
`vendor` is code like any other.
"""


@dataclass(frozen=True, slots=True)
class Project:
    """One project of a repository.

    Attributes:
        folder: relative to the repository's root; empty for the root.
        files: texts of its files by their path below its folder; those of a project of the same
            kind in a folder of its own are not among them.
    """

    folder: str
    files: Mapping[str, str] = field(repr=False)

    @property
    def place(self) -> str:
        """The project as sentences name it."""
        return f"folder {self.folder!r}" if self.folder else "the repository's root"

    def named(self, *endings: str) -> list[str]:
        """Paths of its files with one of these endings, in order."""
        return sorted(path for path in self.files if path.endswith(endings))


def find_projects(files: Mapping[str, str], manifests: frozenset[str]) -> Iterator[Project]:
    """The projects with one of these manifests, the outermost first.

    Args:
        files: texts of the repository's files by path.
        manifests: file names, such as `package.json`.
    """
    own = {path: text for path, text in files.items() if not is_foreign(path)}
    folders = {_folder(path) for path in own if PurePosixPath(path).name in manifests}
    members: dict[str, dict[str, str]] = {folder: {} for folder in sorted(folders)}
    for path, text in own.items():
        holder = next((folder for folder in _folders(path) if folder in folders), None)
        if holder is not None:
            members[holder][path[len(holder) + 1 :] if holder else path] = text
    for folder, texts in members.items():
        yield Project(folder, texts)


def is_foreign(path: str) -> bool:
    """Whether a file is in a folder of what tools install or make."""
    return not _FOREIGN_FOLDERS.isdisjoint(PurePosixPath(path).parts[:-1])


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _folders(path: str) -> Iterator[str]:
    """Every folder the file is in, the innermost first; the last one is the root, empty."""
    while path:
        path = _folder(path)
        yield path
