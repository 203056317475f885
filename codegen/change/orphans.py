"""What nothing needs any more: files that only removed ones imported, packages nobody imports."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from codegen.source.packages import canonical, declares
from core.artifacts.structure import Dependency, FileContract, FileStructure

_PROSE_ENDINGS = (".md", ".rst")
_MARKER = "__init__.py"
_WORD = re.compile(r"[@\w][\w./@-]*\w|\w")
_TAKING = re.compile(r"^.*\b(?:import|from|require|export)\b.*$", re.MULTILINE)
"""Lines that may take something of a package, in any of the languages that are written."""


@dataclass(frozen=True)
class Unneeded:
    """What is there for nothing, by contracts, and who speaks of it all the same.

    Attributes:
        files, packages: of each, the files whose text names it; where there is none, nothing
            stands in the way of taking it away.
    """

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def removable(self) -> frozenset[str]:
        """Paths of files that nobody names."""
        return frozenset(path for path, named in self.files.items() if not named)

    @property
    def droppable(self) -> frozenset[str]:
        """Names of packages that nobody names."""
        return frozenset(name for name, named in self.packages.items() if not named)

    @property
    def left(self) -> tuple[str, ...]:
        """What is left for people to decide about, a sentence each."""
        told = [
            (f"No file imports `{path}` any more", named)
            for path, named in self.files.items()
            if named
        ]
        told += [
            (f"No file is said to import the package `{name}` any more", named)
            for name, named in self.packages.items()
            if named
        ]
        return tuple(f"{what}, but {_listed(named)} it." for what, named in told)


def unneeded(before: FileStructure, after: FileStructure, texts: Mapping[str, str]) -> Unneeded:
    """What some file needed before, as contracts say, and none needs any more.

    A file counts only if another one imported it: what nobody ever imported, such as an entry point
    or a test, is there for somebody else. It must serve no requirement, entity or endpoint of its
    own. What a program serves from templates never counts, nor does prose: a page that explains a
    file does not need it.

    Args:
        before: the structure of the build that is changed.
        after: the structure of this build.
        texts: the files of one of both, by path.
    """
    needed = _imported(before.files)
    files = {file.path: file for file in after.files}
    gone: dict[str, FileContract] = {}
    while True:
        rest = [file for path, file in files.items() if path not in gone]
        imported = _imported(rest)
        more = {
            file.path: file
            for file in rest
            if not _serves(file, after)
            and (
                (file.path in needed and file.path not in imported)
                or _is_bare_marker(file.path, before, rest)
            )
        }
        if not more:
            break
        gone |= more
    told = {
        path: text
        for path, text in texts.items()
        if path in files and path not in gone and not _is_prose(files[path])
    }
    programs = {path: text for path, text in told.items() if not files[path].template}
    lost = _packages(before.files) - _packages(file for file in rest)
    return Unneeded(
        files={
            path: tuple(other for other, text in programs.items() if _names_file(path, text))
            for path in gone
        },
        packages={
            item.name: tuple(other for other, text in programs.items() if _uses(item, text))
            for item in after.dependencies
            if canonical(item.name) in lost
        },
    )


def without_unneeded(
    before: FileStructure,
    after: FileStructure,
    texts: Mapping[str, str],
    needed: Collection[str] = (),
) -> FileStructure:
    """A structure without what nothing needs any more and nobody names.

    Args:
        before, after, texts: as `unneeded` takes them.
        needed: names of packages that stay in any case.
    """
    found = unneeded(before, after, texts)
    stay = {canonical(name) for name in needed}
    dropped = {name for name in found.droppable if canonical(name) not in stay}
    modules = [
        module.model_copy(
            update={"files": tuple(f for f in module.files if f.path not in found.removable)}
        )
        for module in after.modules
    ]
    return after.model_copy(
        update={
            "modules": tuple(
                module
                for module, old in zip(modules, after.modules, strict=True)
                if module.files or not old.files
            ),
            "dependencies": tuple(item for item in after.dependencies if item.name not in dropped),
        }
    )


def _imported(files: Iterable[FileContract]) -> set[str]:
    return {item.path for file in files for item in file.imports if item.path != file.path}


def _packages(files: Iterable[FileContract]) -> set[str]:
    return {canonical(name) for file in files for name in file.packages}


def _serves(file: FileContract, structure: FileStructure) -> bool:
    """Whether a file is there for something by itself."""
    served = file.template or file.requirements or file.entities or file.endpoints
    return bool(served) or any(test.path == file.path for test in structure.tests)


def _is_bare_marker(path: str, before: FileStructure, rest: Collection[FileContract]) -> bool:
    """Whether it marks a package that has no other file any more."""
    if PurePosixPath(path).name != _MARKER:
        return False
    folder = path.removesuffix(_MARKER)
    beside = (file.path for file in before.files if file.path != path)
    had = any(other.startswith(folder) for other in beside) if folder else False
    return had and not any(f.path.startswith(folder) and f.path != path for f in rest)


def _is_prose(file: FileContract) -> bool:
    return file.language == "markdown" or file.path.endswith(_PROSE_ENDINGS)


def _names_file(path: str, text: str) -> bool:
    """Whether a text has a file's path, or what Python calls it."""
    stem = path.rpartition(".")[0]
    dotted = stem.replace("/", ".").removesuffix(".__init__")
    return any(
        re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w-])", text)
        for name in {path, dotted, f"/{path}", f"./{path}"}
    )


def _uses(package: Dependency, text: str) -> bool:
    """Whether a text has a package's name, or takes something of what may be a module of it."""
    own = canonical(package.name)
    words = {word for line in _TAKING.findall(text) for word in _WORD.findall(line)}
    return any(canonical(word) == own for word in set(_WORD.findall(text))) or any(
        declares((package,), word, package.ecosystem) for word in words
    )


def _listed(paths: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:3])
    more = len(paths) - 3
    return f"{shown} and {more} more name" if more > 0 else f"{shown} name{'s' * (not paths[1:])}"
