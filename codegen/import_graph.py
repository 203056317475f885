"""Which files of a repository take something from which: neighbours, and the tests of a change."""

import posixpath
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from codegen.failure_classes import is_test_file
from codegen.source.interface import imports_of
from codegen.source.languages import Language, language_of
from codegen.source.names import SourceImport
from codegen.source.targets import Target, Tree, python_submodule, target_of, tree_of

_FIXTURES = "conftest.py"


class ImportGraph:
    """The imports of one state of a repository.

    Args:
        texts: every file by its path.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._tree = tree_of(texts, texts)

    def used_by(self, path: str) -> tuple[str, ...]:
        """Files that a file takes something from, of a test also those with its fixtures."""
        return self._imports[path] + self._fixtures_of(path)

    def importers_of(self, path: str) -> tuple[str, ...]:
        """Files that take something from a file, sorted."""
        return self._importers.get(path, ())

    def tests_of(self, changed: Collection[str]) -> frozenset[str] | None:
        """Test files that a change of some files can concern.

        Of pytest's fixtures only their place is known: what a `conftest.py` takes concerns every
        test below its folder.

        Args:
            changed: paths of files, also of some that are gone.

        Returns:
            The test files; `None` where it cannot be known, as of a manifest or a template that no
            file imports by name.
        """
        reached: set[str] = set()
        waiting = list(changed)
        while waiting:
            path = waiting.pop()
            if path in reached:
                continue
            reached.add(path)
            waiting += self.importers_of(path)
            if posixpath.basename(path) == _FIXTURES:
                waiting += self._tests_below(posixpath.dirname(path))
        for path in changed:
            known = path in self._texts and language_of(path) is not None
            if not is_test_file(path) and not (known and self.importers_of(path)):
                return None
        return frozenset(path for path in reached if is_test_file(path) and path in self._texts)

    def _fixtures_of(self, path: str) -> tuple[str, ...]:
        if not (is_test_file(path) and path.endswith(".py")):
            return ()
        folders = path.split("/")[:-1]
        places = ["/".join([*folders[:depth], _FIXTURES]) for depth in range(len(folders), -1, -1)]
        return tuple(place for place in places if place in self._texts and place != path)

    def _tests_below(self, folder: str) -> list[str]:
        prefix = f"{folder}/" if folder else ""
        return [path for path in self._texts if path.startswith(prefix) and is_test_file(path)]

    @cached_property
    def _imports(self) -> dict[str, tuple[str, ...]]:
        return {
            path: tuple(
                dict.fromkeys(
                    other
                    for item in imports_of(path, text)
                    for other in _files(item, path, self._tree)
                    if other != path
                )
            )
            for path, text in self._texts.items()
        }

    @cached_property
    def _importers(self) -> dict[str, tuple[str, ...]]:
        importers: dict[str, list[str]] = {}
        for path in sorted(self._imports):
            for other in self._imports[path]:
                importers.setdefault(other, []).append(path)
        return {path: tuple(paths) for path, paths in importers.items()}


def _files(item: SourceImport, path: str, tree: Tree) -> Iterable[str]:
    target = target_of(item, path, tree)
    if language_of(path) is Language.PYTHON and target.kind in {"file", "folder"}:
        for name in item.names:
            module = python_submodule(target, name, tree)
            if module is not None and module.kind == "file":
                yield module.name
    if target.kind == "file":
        yield target.name
    elif target.kind == "folder":
        yield from _package(target, path, tree)


def _package(target: Target, path: str, tree: Tree) -> Iterable[str]:
    """The files of a Go package; of a Python folder, the module that was named is known already."""
    if language_of(path) is Language.GO:
        yield from sorted(
            other
            for other in tree.paths
            if posixpath.dirname(other) == target.name
            and other.endswith(".go")
            and not other.endswith("_test.go")
        )
