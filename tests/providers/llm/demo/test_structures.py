"""Stages 4 and 5: `file-structure-generator` and `validator`."""

from typing import Any

import pytest

from core.artifacts.answers import ModuleFiles, ModulePlan, ModuleReview
from core.artifacts.schema import Schema
from core.artifacts.structure import (
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
    Severity,
    StructuralIssue,
    StructuralIssues,
)
from core.errors import RequestRefusedError
from prompts.contexts import FileIndex, ModuleTests
from tests.providers.llm.demo.asking import answer
from tests.providers.llm.demo.driver import Build, plan
from tests.providers.llm.demo.questionnaires import example


async def _planned(name: str) -> tuple[Build, list[str]]:
    made = await plan(example(name))
    return made, [module.name for module in made.structure.modules]


async def test_modules_stand_in_the_order_of_their_imports() -> None:
    _, names = await _planned("task-tracker")
    assert names == [
        "foundation",
        "person-records",
        "project-records",
        "label-records",
        "task-records",
        "application",
        "acceptance-tests-1",
        "delivery",
        "scaffold",
    ]


async def test_only_what_is_used_is_planned() -> None:
    made, _ = await _planned("reading-list")
    files = {file.path: file for file in made.structure.files}
    assert "app/links.py" not in files
    assert [item.name for item in files["app/fields.py"].exports] == [
        "RecordId",
        "ShortText",
        "LongText",
    ]
    assert all(len(module.files) <= 13 for module in made.structure.modules)
    assert {item.name for item in made.structure.dependencies if item.development} == {
        "httpx2",
        "pytest",
    }


async def test_each_requirement_is_tested_where_it_belongs() -> None:
    made, _ = await _planned("task-tracker")
    where = {
        test.requirement: test.path
        for test in made.structure.tests
        if test.case.startswith("test_fr_")
    }
    assert where["FR-1"] == "tests/api/test_task.py"
    assert where["FR-4"] == "tests/api/test_project.py"
    cases = [(test.path, test.case) for test in made.structure.tests]
    assert len(set(cases)) == len(cases)


async def test_names_of_long_modules_are_cut_and_told_apart() -> None:
    made, _ = await _planned("reading-list")
    long = "Ab" * 29
    entities = tuple(
        made.schema.entities[0].model_copy(update={"name": name, "table": name.lower()})
        for name in (f"{long}A", f"{long}B")
    )
    content = await answer(
        "file-structure-generator",
        specs=made.spec.model_copy(update={"requirements": made.spec.requirements}),
        docs="",
        schema=Schema(entities=entities),
        issues=StructuralIssues(),
    )
    modules = ModulePlan.model_validate_json(content).modules
    assert len({module.name for module in modules}) == len(modules)


async def _files(made: Build, module: Module, schema: Schema) -> ModuleFiles:
    content = await answer(
        "file-structure-generator",
        specs=made.spec,
        docs="",
        schema=schema,
        issues=StructuralIssues(),
        plan=FileStructure(modules=(module,)),
        module=module,
    )
    return ModuleFiles.model_validate_json(content)


async def test_a_module_of_someone_elses_plan_is_refused() -> None:
    made, _ = await _planned("reading-list")
    with pytest.raises(RequestRefusedError, match="'kitchen' is none of those"):
        await _files(made, Module(name="kitchen", purpose="Cooks."), made.schema)


async def test_a_module_whose_entity_the_prompt_forgot_is_refused() -> None:
    made, _ = await _planned("reading-list")
    module = Module(name="ghost-records", purpose="Haunts.", entities=("Ghost",))
    with pytest.raises(RequestRefusedError, match="forgot the entity 'Ghost'"):
        await _files(made, module, made.schema)


async def test_an_entity_no_requirement_is_about_is_tested_all_the_same() -> None:
    made, _ = await _planned("reading-list")
    name = made.schema.entities[0].name
    module = Module(name="acceptance-tests-1", purpose="Tests.", entities=(name,))
    planned = await _files(made, module, made.schema)
    assert {test.requirement for test in planned.tests} == {"FR-1"}
    assert planned.files[0].requirements == ("FR-1",)


async def test_service_tests_without_a_requirement_belong_to_the_last() -> None:
    made, _ = await _planned("reading-list")
    planned = await _files(made, Module(name="application", purpose="All."), Schema())
    assert {test.requirement for test in planned.tests} == {made.spec.requirements[-1].id}


def _file(path: str, **contract: Any) -> FileContract:
    return FileContract.model_validate({"path": path, "purpose": "p", **contract})


async def _reviewed(
    *files: FileContract,
    others: tuple[FileContract, ...] = (),
    tests: tuple[PlannedTest, ...] = (),
    issues: tuple[StructuralIssue, ...] = (),
) -> ModuleReview:
    content = await answer(
        "validator",
        docs="",
        schema=Schema(),
        issues=StructuralIssues(issues=issues),
        others=FileIndex(files=others),
        module=Module(name="m", purpose="p", files=files),
        tests=ModuleTests(tests=tests),
    )
    return ModuleReview.model_validate_json(content)


async def test_a_sound_module_is_left_as_it_is() -> None:
    other = _file("b.py", exports=(Export(name="f"),))
    mine = _file("a.py", imports=(Import(path="b.py", symbols=("f",)),))
    test = PlannedTest(requirement="FR-1", path="a.py", case="test_a")
    review = await _reviewed(mine, others=(other,), tests=(test,))
    assert (review.contracts, review.tests) == ((mine,), (test,))


async def test_an_issue_of_the_schema_is_not_called_resolved() -> None:
    issue = StructuralIssue(id="SI-1", severity=Severity.ERROR, place="Order", message="A circle.")
    assert (await _reviewed(_file("a.py"), issues=(issue,))).resolved == ()


async def test_imports_of_nothing_are_taken_out() -> None:
    mine = _file(
        "a.py",
        imports=(
            Import(path="gone.py"),
            Import(path="a.py"),
            Import(path="b.py", symbols=("f", "g")),
        ),
    )
    review = await _reviewed(mine, others=(_file("b.py", exports=(Export(name="f"),)),))
    assert review.files[0].imports == (Import(path="b.py", symbols=("f",)),)
    assert len(review.corrections) == 3
    assert "imported g, which b.py does not export" in review.corrections[2]


async def test_files_and_tests_are_planned_once() -> None:
    test = PlannedTest(requirement="FR-1", path="a.py", case="test_a")
    lost = PlannedTest(requirement="FR-1", path="z.py", case="test_z")
    review = await _reviewed(
        _file("a.py"),
        _file("a.py"),
        _file("b.py"),
        others=(_file("b.py"),),
        tests=(test, test, lost),
    )
    assert [file.path for file in review.files] == ["a.py"]
    assert review.tests == (test,)
    assert len(review.corrections) == 4


async def test_a_module_is_never_left_without_a_file() -> None:
    review = await _reviewed(_file("b.py"), others=(_file("b.py"),))
    assert [file.path for file in review.files] == ["b.py"]
