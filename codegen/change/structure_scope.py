"""Which modules and files of a structure a change concerns."""

from collections.abc import Iterable
from functools import cached_property

from codegen.change.items import item_changes, schema_items
from codegen.change.scope import SpecScope
from codegen.scaffolds.serving import without_scaffold
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Module,
    PlannedModule,
    PlannedTest,
)


class StructureScope:
    """What of the structure before is to be planned again.

    Args:
        specs: the clean spec of the build before, and of this one.
        schemas: the same of the schema.
        structure: that the build before was written by.

    Attributes:
        scope: what is different of the spec.
        before: the structure, without what packs added to it.
    """

    def __init__(
        self,
        specs: tuple[CleanSpec, CleanSpec],
        schemas: tuple[Schema, Schema],
        structure: FileStructure,
    ) -> None:
        self.scope = SpecScope.between(*specs)
        self.items = item_changes(*map(schema_items, schemas))
        self.before = without_scaffold(structure)

    @cached_property
    def there(self) -> frozenset[str]:
        """Requirements, entities and endpoints that are new or say something else."""
        return self.scope.there | {item.item for item in self.items if item.how != "removed"}

    @cached_property
    def removed(self) -> frozenset[str]:
        """Those that are no longer there."""
        return self.scope.removed | {item.item for item in self.items if item.how == "removed"}

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.there or self.removed)

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of before."""
        return frozenset(file.path for file in self.before.files)

    @cached_property
    def contracts(self) -> dict[str, FileContract]:
        """Contracts of before, by path."""
        return {file.path: file for file in self.before.files}

    @cached_property
    def _tests(self) -> dict[str, set[str]]:
        tests: dict[str, set[str]] = {}
        for test in self.before.tests:
            tests.setdefault(test.path, set()).add(test.requirement)
        return tests

    @cached_property
    def gone(self) -> frozenset[str]:
        """Paths of files that were there for what is no longer there alone."""
        return frozenset(
            file.path
            for file in self.before.files
            if (served := _served(file)) and served <= self.removed
        )

    def concerns_file(self, file: FileContract) -> bool:
        """Whether a contract speaks of something that changed, or needs what is gone."""
        served = _served(file) | self._tests.get(file.path, set())
        return not served.isdisjoint(self.there | self.removed) or any(
            item.path in self.gone for item in file.imports
        )

    def changes_file(self, path: str, new: FileContract) -> bool:
        """Whether what a file serves or tests is different, and not only what it imports."""
        served = _served(new) | _served(self.contracts[path]) | self._tests.get(path, set())
        return not served.isdisjoint(self.there | self.removed)

    def concerns_module(self, module: Module) -> bool:
        """Whether a module, or one of its files, is concerned."""
        named = {*module.requirements, *module.entities}
        return not named.isdisjoint(self.there | self.removed) or any(
            map(self.concerns_file, module.files)
        )

    @cached_property
    def start(self) -> FileStructure:
        """The structure before, without what is no longer there."""
        modules = [
            module.model_copy(
                update={
                    "requirements": self._left(module.requirements),
                    "entities": self._left(module.entities),
                    "files": tuple(
                        self._without(file) for file in module.files if file.path not in self.gone
                    ),
                }
            )
            for module in self.before.modules
        ]
        return self.before.model_copy(
            update={
                "modules": tuple(
                    module
                    for module, old in zip(modules, self.before.modules, strict=True)
                    if module.files or not old.files
                ),
                "tests": tuple(filter(self._is_kept, self.before.tests)),
            }
        )

    def _without(self, file: FileContract) -> FileContract:
        return file.model_copy(
            update={
                "requirements": self._left(file.requirements),
                "entities": self._left(file.entities),
                "endpoints": self._left(file.endpoints),
                "imports": tuple(item for item in file.imports if item.path not in self.gone),
                "cycles": tuple(path for path in file.cycles if path not in self.gone),
            }
        )

    def _left(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in self.removed)

    def _is_kept(self, test: PlannedTest) -> bool:
        return test.requirement not in self.removed and test.path not in self.gone


def _served(file: FileContract | PlannedModule) -> set[str]:
    endpoints = file.endpoints if isinstance(file, FileContract) else ()
    return {*file.requirements, *file.entities, *endpoints}
