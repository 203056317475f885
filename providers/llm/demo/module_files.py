"""Answers the second question of `file-structure-generator`: the files of one module."""

from collections.abc import Sequence

from core.artifacts.answers import ModuleFiles
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec, Requirement
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Module,
    PlannedTest,
    StructuralIssues,
)
from providers.llm.demo import paths
from providers.llm.demo.application_contracts import application, delivery
from providers.llm.demo.blocks import PromptBlocks, refuse
from providers.llm.demo.entity_contracts import entity_files, entity_tests_file
from providers.llm.demo.entity_view import EntityView, view_of
from providers.llm.demo.foundation_contracts import foundation
from providers.llm.demo.module_plan import (
    ACCEPTANCE,
    APPLICATION,
    DELIVERY,
    FOUNDATION,
    RECORDS,
)
from providers.llm.demo.planned_tests import (
    SERVICE_CASES,
    entity_cases,
    home_of,
    owner_of,
    requirement_case,
)


def answer(blocks: PromptBlocks) -> str:
    """Plan the files of one module, and the acceptance tests they hold."""
    blocks.text("docs")
    blocks.model("issues", StructuralIssues)
    specs = blocks.model("specs", CleanSpec)
    schema = blocks.model("schema", Schema)
    plan = blocks.model("plan", FileStructure)
    module = blocks.model("module", Module)
    tests: list[PlannedTest] = []
    if module.name == FOUNDATION:
        known = [item for item in schema.entities if item.name in module.entities]
        files = foundation(known)
    elif module.name.endswith(RECORDS) and module.entities:
        files = entity_files(_view(schema, module.entities[0]), module.requirements)
    elif module.name == APPLICATION:
        files = application(plan, module.requirements)
        tests = _service_tests(specs, module)
    elif module.name.startswith(ACCEPTANCE):
        files, tests = _entity_tests(specs, schema, module)
    elif module.name == DELIVERY:
        files = delivery(module.requirements, module.entities)
    else:
        refuse(
            f"the module {module.name!r} is none of those the demo model plans; build with a "
            "real model, or take the demo model's own plan"
        )
    return ModuleFiles(files=tuple(files), tests=tuple(tests)).model_dump_json()


def _view(schema: Schema, entity: str) -> EntityView:
    view = view_of(schema, entity)
    if view is None:
        refuse(
            f"the file-structure-generator prompt forgot the entity {entity!r}, or one it points "
            "to, in its data block 'schema'"
        )
    return view


def _service_tests(specs: CleanSpec, module: Module) -> list[PlannedTest]:
    """The service's own tests belong to the last requirement that concerns no entity."""
    mine = [item for item in specs.requirements if item.id in module.requirements]
    home = (mine or list(specs.requirements))[-1]
    others = [(item.id, requirement_case(item)) for item in mine if item is not home]
    return [
        PlannedTest(requirement=number, path=paths.SERVICE_TESTS, case=case)
        for number, case in [*((home.id, case) for case in SERVICE_CASES), *others]
    ]


def _entity_tests(
    specs: CleanSpec, schema: Schema, module: Module
) -> tuple[list[FileContract], list[PlannedTest]]:
    files: list[FileContract] = []
    tests: list[PlannedTest] = []
    mine = [item for item in specs.requirements if item.id in module.requirements]
    for name in module.entities:
        view = _view(schema, name)
        owned = [item for item in mine if owner_of(item, module.entities) == name]
        home = home_of(name, owned or specs.requirements)
        files.append(entity_tests_file(view, owned or [home]))
        tests += _tests_of(view, home, owned)
    return files, tests


def _tests_of(
    view: EntityView, home: Requirement, owned: Sequence[Requirement]
) -> list[PlannedTest]:
    path = paths.entity_tests_path(view.entity)
    cases = [(home.id, name) for name in entity_cases(view)]
    cases += [(item.id, requirement_case(item)) for item in owned if item.id != home.id]
    return [PlannedTest(requirement=number, path=path, case=case) for number, case in cases]
