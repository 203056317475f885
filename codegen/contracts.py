"""Checks a structure without a model: what is promised must be there."""

from collections.abc import Iterable, Iterator

from codegen.contract_checks import contract_problems, manifest_problems
from codegen.cycles import cycle_problems
from codegen.issues import Problem, issues_of
from codegen.module_names import hidden_module_problems
from codegen.ownership import ownership_problems, planned_test_problems, stranger_problems
from codegen.paths import place_problems
from codegen.scaffolds.serving import SCAFFOLD, is_scaffold
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Module,
    StructuralIssue,
)


def check_plan(spec: CleanSpec, schema: Schema, plan: ModulePlan) -> list[StructuralIssue]:
    """Errors of a module plan.

    Names are given twice or reserved, requirements or entities left out or unknown.
    """
    names = [module.name for module in plan.modules]
    planned = {number for module in plan.modules for number in module.requirements}
    held = {name for module in plan.modules for name in module.entities}
    problems = [
        Problem(name, "there are several modules of this name", "Give each module its own name.")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if SCAFFOLD in names:
        told = "this name is reserved for the files that programs write from templates"
        problems.append(Problem(SCAFFOLD, told, "Give the module another name."))
    problems += [
        Problem(item.id, "no module has this requirement", "Name it in a module's requirements.")
        for item in spec.requirements
        if item.id not in planned
    ]
    problems += [
        Problem(entity.name, "no module has this entity", "Name it in a module's entities.")
        for entity in schema.entities
        if entity.name not in held
    ]
    problems += stranger_problems(spec, schema, plan.modules)
    return issues_of("MP", problems)


def check_module_files(
    spec: CleanSpec, schema: Schema, others: FileStructure, answer: ModuleFiles
) -> list[StructuralIssue]:
    """Errors of one module's files.

    Args:
        spec, schema: what they may name.
        others: the files of other modules, as far as they are known, and the dependencies.
        answer: the files of the module.
    """
    mine = {file.path for file in answer.files}
    files = (*others.files, *answer.contracts)
    problems = [
        problem
        for problem in _file_problems(files, mine, others)
        # A circle or a clash is told at one of its files; all others' own are settled.
        if problem.place in mine
    ]
    problems += stranger_problems(spec, schema, (*answer.contracts, *answer.tests))
    problems += [
        Problem(
            test.path, f"the test {test.case!r} is planned in no file of this module", "Add it."
        )
        for test in answer.tests
        if test.path not in mine
    ]
    held = [test for test in answer.tests if test.path in mine]
    problems += planned_test_problems(files, held)
    return issues_of("MF", problems)


def check_structure(
    spec: CleanSpec, schema: Schema, structure: FileStructure
) -> list[StructuralIssue]:
    """Errors of a file structure.

    Paths must be canonical and unique, imports must resolve to a file and a name it exports, or
    to a declared dependency, circles must be declared, and every requirement, entity and endpoint
    needs a file, every requirement a planned test.
    """
    mine = {file.path for file in structure.files}
    problems = list(_file_problems(structure.files, mine, structure))
    problems += stranger_problems(
        spec, schema, (*structure.modules, *structure.files, *structure.tests)
    )
    problems += ownership_problems(spec, schema, structure)
    problems += manifest_problems(structure.files)  # by now packs have taken over what they serve
    problems += planned_test_problems(structure.files, structure.tests)
    return issues_of("ST", problems)


def _file_problems(
    files: Iterable[FileContract], about: Iterable[str], structure: FileStructure
) -> Iterator[Problem]:
    everything = tuple(files)
    paths = [file.path for file in everything]
    # Only templates write what a code host runs by itself, and only where the settings let them.
    served = {file.path for file in everything if file.template}
    for path, message in place_problems(paths, served):
        yield Problem(path, message, "Give every file a canonical, relative path of its own.")
    yield from hidden_module_problems(paths)
    known = {file.path: file for file in everything}
    yield from contract_problems(known, sorted(set(about)), structure.dependencies)
    yield from cycle_problems(known)


def issues_of_module(
    structure: FileStructure, schema: Schema, module: Module, issues: Iterable[StructuralIssue]
) -> tuple[StructuralIssue, ...]:
    """The issues a module should mend; those that are nobody's go to the first module."""
    return tuple(issue for issue in issues if module in modules_of(structure, schema, issue.place))


def modules_of(structure: FileStructure, schema: Schema, place: str) -> tuple[Module, ...]:
    """The modules that a place in an issue is about; the first one if it is nobody's.

    A field (`Task.title`) is its entity's matter. An endpoint is that of the module that serves
    others of its entity, else of the one that is about the fewest entities besides.
    """
    concerned = tuple(module for module in structure.modules if place in _places(module)) or tuple(
        module for module in structure.modules if place.partition(".")[0] in module.entities
    )
    if concerned and all(map(is_scaffold, concerned)):
        return _beside(structure, place)  # what packs serve follows from the files of modules
    if concerned:
        return concerned
    served = {endpoint.id: endpoint.entity for endpoint in schema.endpoints}
    if place in served:
        about = [module for module in structure.modules if served[place] in module.entities]
        beside = {name for name, entity in served.items() if entity == served[place]}
        serving = [module for module in about if _serves(module, beside)]
        for found in (serving, sorted(about, key=lambda module: len(module.entities))):
            if found:
                return (found[0],)
    return structure.modules[:1]


def _beside(structure: FileStructure, path: str) -> tuple[Module, ...]:
    """The last module that has files in the same outermost folder, else the first of all."""
    folder = path.partition("/")[0] + "/"
    near = [
        module
        for module in structure.modules
        if not is_scaffold(module) and any(file.path.startswith(folder) for file in module.files)
    ]
    return tuple(near[-1:]) or structure.modules[:1]


def _places(module: Module) -> set[str]:
    endpoints = {name for file in module.files for name in file.endpoints}
    paths = {file.path for file in module.files}
    return {module.name, *module.requirements, *module.entities, *paths, *endpoints}


def _serves(module: Module, endpoints: set[str]) -> bool:
    return any(endpoints & set(file.endpoints) for file in module.files)
