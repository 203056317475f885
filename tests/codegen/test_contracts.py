import pytest

from codegen.contracts import (
    check_module_files,
    check_plan,
    check_structure,
    issues_of_module,
)
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
    Severity,
    StructuralIssue,
)
from tests.codegen.structures import MODELS, MODULE, PLANNED, SCHEMA, SPEC, STRUCTURE, TESTS


def said(issues: list[StructuralIssue]) -> list[tuple[str, str]]:
    return [(issue.place, issue.message) for issue in issues]


def with_files(*files: FileContract, tests: tuple[PlannedTest, ...] = PLANNED) -> FileStructure:
    return FileStructure(modules=(MODULE.model_copy(update={"files": files}),), tests=tests)


def test_what_fits_together_has_no_issues() -> None:
    assert check_structure(SPEC, SCHEMA, STRUCTURE) == []
    assert check_plan(SPEC, SCHEMA, ModulePlan(modules=(MODULE,))) == []


def test_imports_must_resolve_to_a_file_and_its_export() -> None:
    wrong = TESTS.model_copy(
        update={
            "imports": (
                Import(path="app/none.py"),
                Import(path="app/models.py", symbols=("Task", "User")),
            )
        }
    )
    assert said(check_structure(SPEC, SCHEMA, with_files(MODELS, wrong))) == [
        ("tests/test_tasks.py", "it imports 'app/none.py', which is no file of the structure"),
        (
            "tests/test_tasks.py",
            "it imports 'User' from 'app/models.py', which does not export it",
        ),
    ]


def test_every_requirement_and_entity_needs_a_file_and_a_test() -> None:
    bare = FileContract(path="app/models.py", purpose="Nothing.")
    places = said(check_structure(SPEC, SCHEMA, with_files(bare, tests=PLANNED[:1])))
    assert places == [
        ("FR-1", "no file serves it"),
        ("FR-1", "no acceptance test is planned for it"),
        ("FR-2", "no file serves it"),
        ("FR-2", "no acceptance test is planned for it"),
        ("Task", "no file holds this entity"),
        ("Project", "no file holds this entity"),
        ("GET /api/tasks", "no file serves this endpoint"),
        ("GET /api/projects", "no file serves this endpoint"),
        ("tests/test_tasks.py", "the test 'test_keeps_tasks' is planned in no file"),
    ]


def test_paths_are_held_to_their_rules() -> None:
    outside = MODELS.model_copy(update={"path": "../models.py"})
    issues = check_structure(SPEC, SCHEMA, with_files(outside, TESTS))
    assert issues[0].place == "../models.py"
    assert "../models.py" in issues[0].message


def test_a_plan_must_name_every_requirement_and_entity_in_modules_of_different_names() -> None:
    part = Module(name="part", purpose="p", requirements=("FR-1",), entities=("Task",))
    assert said(check_plan(SPEC, SCHEMA, ModulePlan(modules=(part, part)))) == [
        ("part", "there are several modules of this name"),
        ("FR-2", "no module has this requirement"),
        ("Project", "no module has this entity"),
    ]


def test_a_plan_must_not_take_the_name_of_the_module_that_programs_add() -> None:
    taken = MODULE.model_copy(update={"name": "scaffold"})
    ((place, message),) = said(check_plan(SPEC, SCHEMA, ModulePlan(modules=(taken,))))
    assert (place, "reserved" in message) == ("scaffold", True)
    near = MODULE.model_copy(update={"name": "scaffolding"})
    assert check_plan(SPEC, SCHEMA, ModulePlan(modules=(near,))) == []


def test_files_of_a_module_may_import_only_what_is_known_by_then() -> None:
    so_far = with_files(MODELS, tests=())
    assert (
        check_module_files(SPEC, SCHEMA, so_far, ModuleFiles(files=(TESTS,), tests=PLANNED)) == []
    )
    late = TESTS.model_copy(update={"imports": (Import(path="app/later.py"),)})
    assert len(check_module_files(SPEC, SCHEMA, so_far, ModuleFiles(files=(late,)))) == 1


def test_files_of_a_module_may_not_take_a_path_that_is_taken_nor_plan_tests_elsewhere() -> None:
    so_far = with_files(MODELS, tests=())
    issues = check_module_files(
        SPEC, SCHEMA, so_far, ModuleFiles(files=(MODELS,), tests=PLANNED[:1])
    )
    assert [issue.place for issue in issues] == ["app/models.py", "tests/test_tasks.py"]


def test_an_issue_goes_to_the_module_it_is_about_and_nobodys_to_the_first() -> None:
    other = Module(name="other", purpose="p", requirements=("FR-3",))
    structure = FileStructure(modules=(MODULE, other))
    issues = [
        StructuralIssue(id=f"I-{n}", severity=Severity.ERROR, place=place, message="m")
        for n, place in enumerate(["FR-3", "app/models.py", "somewhere"])
    ]
    assert issues_of_module(structure, SCHEMA, other, issues) == (issues[0],)
    assert issues_of_module(structure, SCHEMA, MODULE, issues) == (issues[1], issues[2])


@pytest.mark.parametrize("path", ["../late.py", "APP/late.py", "app/models.py/late.py", "App/x.py"])
def test_a_path_that_breaks_a_rule_goes_to_the_module_that_has_it(path: str) -> None:
    late = FileContract(path=path, purpose="Late.")
    other = Module(name="other", purpose="p", files=(late,))
    structure = FileStructure(modules=(MODULE, other), tests=PLANNED)
    issues = check_structure(SPEC, SCHEMA, structure)
    assert [issue.place for issue in issues] == [path]
    assert issues_of_module(structure, SCHEMA, other, issues) == tuple(issues)
    assert issues_of_module(structure, SCHEMA, MODULE, issues) == ()


def test_a_manifest_that_no_pack_takes_over_is_refused_in_the_whole_structure() -> None:
    manifest = FileContract(path="package.json", purpose="p")
    issues = check_structure(SPEC, SCHEMA, with_files(MODELS, TESTS, manifest))
    assert [issue.place for issue in issues] == ["package.json"]
