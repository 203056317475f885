"""Stages 4 and 5 of a changed product: the structure, module by module and file by file."""

from collections.abc import Callable, Collection, Iterable

from codegen.change.structure_scope import StructureScope
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.structure import (
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedFile,
    PlannedModule,
    PlannedTest,
)


def merged_plan(scope: StructureScope, answer: ModulePlan) -> tuple[FileStructure, tuple[str, ...]]:
    """The modules of before, with what is new in its place.

    Of a module that is there, the answer may only say that it also holds what is new or changed.
    A module is new where it holds something of that kind; it stands before the first module of
    before that follows it in the answer.

    Returns:
        The structure, and the names of modules that the answer names, in the structure's order.
    """
    told = {module.name: module for module in answer.modules}
    there = {module.name for module in scope.start.modules}
    modules: list[Module] = []
    waiting: dict[str, list[Module]] = {}
    new: list[Module] = []
    for module in answer.empty_modules:
        if module.name in there:
            waiting[module.name] = [*waiting.get(module.name, []), *new]
            new = []
        elif not scope.there.isdisjoint({*module.requirements, *module.entities}):
            new.append(module)
    for module in scope.start.modules:
        modules += [*waiting.get(module.name, []), _with_new(scope, module, told.get(module.name))]
    modules += new
    dependencies = (*scope.start.dependencies, *answer.packages)
    known = {(item.ecosystem, item.name): item for item in reversed(dependencies)}
    structure = scope.start.model_copy(
        update={
            "modules": tuple(modules),
            "dependencies": tuple(dict.fromkeys(known[i.ecosystem, i.name] for i in dependencies)),
        }
    )
    named = {module.name for module in modules} & told.keys()
    return structure, tuple(module.name for module in modules if module.name in named)


def _with_new(scope: StructureScope, module: Module, told: PlannedModule | None) -> Module:
    if told is None:
        return module
    return module.model_copy(
        update={
            "requirements": _extended(module.requirements, told.requirements, scope.there),
            "entities": _extended(module.entities, told.entities, scope.there),
        }
    )


def _extended(
    kept: tuple[str, ...], told: Iterable[str], allowed: Collection[str]
) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*kept, *(name for name in told if name in allowed))))


def merged_files(
    scope: StructureScope,
    structure: FileStructure,
    module: Module,
    answer: ModuleFiles,
    allowed: Collection[str] = (),
) -> ModuleFiles:
    """A module's files as they are to be.

    A file that the change concerns is as the answer has it, and may be left out; so is one that
    now imports a file which is new. Every other one stays word for word, and may only offer more.
    A file is new where the change concerns it, or a file that changes imports it, or it only
    marks a package. Tests are the answer's for requirements that changed, and else those of before.

    Args:
        scope: what the change concerns.
        structure: all modules as they are planned by now.
        module: as it is in the structure.
        answer: what a model says of it.
        allowed: paths of further files that may change.
    """
    kept = {file.path: file for file in module.files}
    if not kept:
        return answer
    told = {file.path: file for file in answer.contracts}
    added = {file.path for file in structure.files} - scope.paths
    added |= told.keys() - scope.paths
    files: dict[str, FileContract] = {}
    for path, file in kept.items():
        new = told.get(path)
        free = path in allowed or path not in scope.paths or _is_free(scope, file, new, added)
        if not free:
            files[path] = file if new is None else _offering_more(file, new)
        elif new is not None:
            ordered = _in_order(file, new)
            may_lose = path in allowed or path not in scope.paths or scope.changes_file(path, new)
            files[path] = ordered if may_lose else _with_all_exports(file, ordered)
    files = _with_files_in_use(structure, kept, files)
    changed = [file for path, file in files.items() if file != kept[path]]
    candidates = {path: file for path, file in told.items() if path not in kept}
    files |= _new_files(scope, candidates, changed)
    files = _with_exports_in_use(structure, kept, files)
    return ModuleFiles(
        files=tuple(PlannedFile.model_validate(file.model_dump()) for file in files.values()),
        tests=_tests(scope, structure, files, answer.tests),
    )


def _is_free(
    scope: StructureScope, file: FileContract, new: FileContract | None, added: Collection[str]
) -> bool:
    if scope.concerns_file(scope.contracts.get(file.path, file)) or scope.concerns_file(file):
        return True
    return new is not None and (
        scope.concerns_file(new) or any(item.path in added for item in new.imports)
    )


def _in_order(file: FileContract, new: FileContract) -> FileContract:
    """A contract whose lists are ordered as before, since their order says nothing."""
    return new.model_copy(
        update={
            name: tuple(sorted(getattr(new, name), key=_place_in(getattr(file, name))))
            for name in ("exports", "imports", "packages", "requirements", "entities", "endpoints")
        }
    )


def _place_in(before: tuple[object, ...]) -> Callable[[object], int]:
    places = {_name_of(item): place for place, item in enumerate(before)}
    return lambda item: places.get(_name_of(item), len(places))


def _name_of(item: object) -> object:
    return (
        item.name if isinstance(item, Export) else item.path if isinstance(item, Import) else item
    )


def _offering_more(file: FileContract, new: FileContract) -> FileContract:
    known = {item.name for item in file.exports}
    more = tuple(item for item in new.exports if item.name not in known)
    return file.model_copy(update={"exports": (*file.exports, *more)}) if more else file


def _with_all_exports(file: FileContract, new: FileContract) -> FileContract:
    """A contract that only what it imports changed: it offers all that it did, to whomever."""
    return new.model_copy(update={"exports": _offering_more(file, new).exports})


def _with_files_in_use(
    structure: FileStructure, kept: dict[str, FileContract], files: dict[str, FileContract]
) -> dict[str, FileContract]:
    """Files with those that an answer forgot, and that another file goes on importing."""
    others = [file for file in structure.files if file.path not in kept]
    there = dict(files)
    while True:
        taken = {item.path for file in (*others, *there.values()) for item in file.imports}
        forgotten = {path: kept[path] for path in kept.keys() & taken if path not in there}
        if not forgotten:
            return {path: there[path] for path in kept if path in there}
        there |= forgotten


def _with_exports_in_use(
    structure: FileStructure, kept: dict[str, FileContract], files: dict[str, FileContract]
) -> dict[str, FileContract]:
    """Files with those exports that an answer forgot, and that another file goes on importing."""
    others = (file for file in structure.files if file.path not in kept)
    taken = {
        (item.path, symbol.partition(".")[0])
        for file in (*others, *files.values())
        for item in file.imports
        for symbol in item.symbols
    }

    def whole(path: str, file: FileContract) -> FileContract:
        there = {item.name for item in file.exports}
        forgotten = tuple(
            item
            for item in (kept[path].exports if path in kept else ())
            if item.name not in there and (path, item.name) in taken
        )
        return file.model_copy(update={"exports": (*file.exports, *forgotten)})

    return {path: whole(path, file) for path, file in files.items()}


def _new_files(
    scope: StructureScope, candidates: dict[str, FileContract], changed: list[FileContract]
) -> dict[str, FileContract]:
    accepted = {
        path: file
        for path, file in candidates.items()
        if scope.concerns_file(file) or not (file.exports or file.imports)
    }
    while True:
        wanted = {item.path for file in (*changed, *accepted.values()) for item in file.imports}
        more = {path: candidates[path] for path in wanted & candidates.keys() - accepted.keys()}
        if not more:
            return accepted
        accepted |= more


def _tests(
    scope: StructureScope,
    structure: FileStructure,
    files: Collection[str],
    told: tuple[PlannedTest, ...],
) -> tuple[PlannedTest, ...]:
    """Tests of a module's files; those of before first, where they were, and each case once."""
    old = [
        test
        for test in structure.tests
        if test.path in files and test.requirement not in scope.there
    ]
    taken = {(test.path, test.case) for test in old}
    new = [
        test
        for test in told
        if test.requirement in scope.there
        and test.path in files
        and (test.path, test.case) not in taken
    ]
    return tuple(dict.fromkeys((*old, *new)))


def without_needless_exports(scope: StructureScope, structure: FileStructure) -> FileStructure:
    """The structure without what files offer more than before, and no file takes."""
    taken = {
        (item.path, symbol)
        for file in structure.files
        for item in file.imports
        for symbol in item.symbols
    }

    def pruned(file: FileContract) -> FileContract:
        before = scope.contracts.get(file.path)
        if before is None or scope.concerns_file(before) or scope.concerns_file(file):
            return file
        known = {item.name for item in before.exports}
        exports = tuple(
            item for item in file.exports if item.name in known or (file.path, item.name) in taken
        )
        return file.model_copy(update={"exports": exports})

    return structure.model_copy(
        update={
            "modules": tuple(
                module.model_copy(update={"files": tuple(map(pruned, module.files))})
                for module in structure.modules
            )
        }
    )
