"""What nothing needs any more: files that only removed ones imported, packages nobody imports.

A contract may forget something: what it no longer names is taken away only where whoever needed it
is gone as well, and where no text speaks of it. All else is left to people.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from codegen.change.mentions import Mentions, takes
from codegen.source.packages import canonical
from core.artifacts.structure import Dependency, FileContract, FileStructure

_PROSE_ENDINGS = (".md", ".rst")
_MARKER = "__init__.py"


@dataclass(frozen=True)
class Unneeded:
    """What is there for nothing, by contracts.

    Attributes:
        removable: paths of files that can be taken away: whoever imported them is gone.
        droppable: names of packages of which the same is true.
        files, packages: what has to stay all the same, and the files that speak of it; none where
            only a contract does not name it any more.
    """

    removable: frozenset[str] = frozenset()
    droppable: frozenset[str] = frozenset()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def left(self) -> tuple[str, ...]:
        """What is left for people to decide about, a sentence each."""
        told = [
            (f"No file that is needed is said to import `{path}` any more", named)
            for path, named in self.files.items()
        ]
        told += [
            (f"No file is said to import the package `{name}` any more", named)
            for name, named in self.packages.items()
        ]
        return tuple(
            f"{what}, but {_listed(named)} it." if named else f"{what}." for what, named in told
        )


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
    found = _unimported(before, after)
    staying = _Staying(before, after, texts, found)
    stay = staying.files()
    removable = frozenset(found - stay.keys())
    packages = staying.packages(removable)
    return Unneeded(
        removable=removable,
        droppable=frozenset(name for name, named in packages.items() if named is None),
        files={
            path: named
            for path, named in sorted(stay.items())
            if named or PurePosixPath(path).name != _MARKER
        },
        packages={name: named for name, named in packages.items() if named is not None},
    )


def _unimported(before: FileStructure, after: FileStructure) -> frozenset[str]:
    """Paths of files that no contract needs any more, but for those of such files themselves."""
    needed = _imported(before.files)
    gone: set[str] = set()
    while True:
        rest = [file for file in after.files if file.path not in gone]
        imported = _imported(rest)
        more = {
            file.path
            for file in rest
            if not _serves(file, after)
            and (
                (file.path in needed and file.path not in imported)
                or _is_bare_marker(file.path, before, rest)
            )
        }
        if not more:
            return frozenset(gone)
        gone |= more


@dataclass(frozen=True)
class _Staying:
    """What stays although no contract needs it.

    Attributes:
        before, after, texts: as `unneeded` takes them.
        found: paths of files that no contract needs any more.
    """

    before: FileStructure
    after: FileStructure
    texts: Mapping[str, str]
    found: frozenset[str]

    def files(self) -> dict[str, tuple[str, ...]]:
        """Files of before that cannot go, each with those that speak of it.

        That is who is named by a file that stays, who was imported by one that is still there, and
        the mark of a package that keeps a file.
        """
        known = {file.path for file in (*self.before.files, *self.after.files)}
        mentions = Mentions({**dict.fromkeys(known, ""), **self.texts})
        named = {path: mentions.of_file(path) for path in sorted(self.found)}
        importers = {
            path: {
                file.path
                for file in self.before.files
                if any(item.path == path for item in file.imports)
            }
            for path in self.found
        }
        there = self._there()
        stay: dict[str, tuple[str, ...]] = {}
        while True:
            living = there | stay.keys()
            more = {
                path: tuple(sorted(named[path] & living))
                for path in sorted(self.found - stay.keys())
                if not living.isdisjoint(named[path] | importers[path])
                or (
                    PurePosixPath(path).name == _MARKER
                    and any(other.startswith(path.removesuffix(_MARKER)) for other in stay)
                )
            }
            if not more:
                return stay
            stay |= more

    def _there(self) -> set[str]:
        """Paths of files that are there in any case and are programs or configuration."""
        contracts = {file.path: file for file in self.after.files}
        gone = {file.path for file in self.before.files} - contracts.keys()
        return {
            path
            for path in {*self.texts, *contracts} - gone - self.found
            if not _is_prose(path, contracts.get(path))
        }

    def packages(self, removable: Collection[str]) -> dict[str, tuple[str, ...] | None]:
        """Packages that no contract names any more: who speaks of each, or nothing if it can go.

        It can go where no file that is there named or names it, and one that is gone imported it:
        what nobody imports at all, others load by themselves.
        """
        there = {file.path: file for file in self.after.files if file.path not in removable}
        lost = _packages(self.before.files) - _packages(there.values())
        # What is served from templates lists packages because the structure does.
        programs = {path for path, file in there.items() if not file.template}
        programs &= self._there() | self.found
        mentions = Mentions({path: self.texts[path] for path in programs & self.texts.keys()})
        found: dict[str, tuple[str, ...] | None] = {}
        for item in self.after.dependencies:
            if canonical(item.name) in lost:
                named = tuple(sorted(mentions.of_package(item)))
                found[item.name] = None if not named and self._went(item, there) else named
        return found

    def _went(self, package: Dependency, there: Collection[str]) -> bool:
        """Whether all who named a package are gone, and one of them imported it."""
        own = canonical(package.name)
        users = {file.path for file in self.before.files if own in _packages((file,))}
        return users.isdisjoint(there) and any(
            takes(package, self.texts.get(path, "")) for path in users
        )


def without_unneeded(
    before: FileStructure,
    after: FileStructure,
    texts: Mapping[str, str],
    needed: Collection[str] = (),
) -> FileStructure:
    """A structure without what nothing needs any more and nobody names.

    Args:
        before, after: as `unneeded` takes them.
        texts: the files of the build that is changed, by path.
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


def _is_prose(path: str, file: FileContract | None) -> bool:
    return path.endswith(_PROSE_ENDINGS) or (file is not None and file.language == "markdown")


def _listed(paths: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:3])
    more = len(paths) - 3
    return f"{shown} and {more} more name" if more > 0 else f"{shown} name{'s' * (not paths[1:])}"
