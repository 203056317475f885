import pytest

from codegen.contracts import (
    check_edited_schema,
    check_module_files,
    check_plan,
    check_schema,
    check_schema_part,
    check_structure,
    issues_of_module,
    refuse_errors,
)
from core.artifacts.answers import ModuleFiles, ModulePlan, SchemaPart
from core.artifacts.schema import Endpoint
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
    assert check_schema(SPEC, SCHEMA) == []
    assert check_structure(SPEC, SCHEMA, STRUCTURE) == []
    assert check_plan(SPEC, SCHEMA, ModulePlan(modules=(MODULE,))) == []


def test_schema_must_hold_every_entity_and_only_known_requirements() -> None:
    schema = SCHEMA.model_copy(
        update={
            "entities": SCHEMA.entities[1:],
            "endpoints": (Endpoint(method="GET", path="/x", requirements=("FR-9",)),),
        }
    )
    assert said(check_schema(SPEC, schema)) == [
        ("Task", "the spec has the entity 'Task', the schema does not"),
        ("GET /x", "it serves FR-9, which is not a requirement"),
    ]


def test_a_person_may_leave_an_entity_out_of_the_schema_but_is_told() -> None:
    schema = SCHEMA.model_copy(
        update={
            "entities": SCHEMA.entities[1:],
            "endpoints": (Endpoint(method="GET", path="/x", requirements=("FR-9",)),),
        }
    )
    issues = check_edited_schema(SPEC, schema)
    assert [(issue.place, issue.severity) for issue in issues] == [
        ("Task", Severity.WARNING),
        ("GET /x", Severity.ERROR),
    ]
    assert len({issue.id for issue in issues}) == 2
    assert "leaves it out" in issues[0].message


def test_a_part_of_the_schema_names_only_what_the_spec_has() -> None:
    relation = SCHEMA.entities[0].relations[0].model_copy(update={"target": "X"})
    part = SchemaPart(
        entities=(SCHEMA.entities[0].model_copy(update={"relations": (relation,)}),),
        endpoints=(Endpoint(method="GET", path="/x", entity="Y", requirements=("FR-1", "FR-9")),),
    )
    assert said(check_schema_part(SPEC, part)) == [
        ("Task", "its relation 'project' points to 'X', which is no entity"),
        ("GET /x", "it serves 'Y', which is no entity"),
        ("GET /x", "it serves FR-9, which is not a requirement"),
    ]
    whole = SchemaPart(entities=SCHEMA.entities, endpoints=SCHEMA.endpoints)
    assert check_schema_part(SPEC, whole) == []


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


def test_files_of_a_module_may_import_only_what_is_known_by_then() -> None:
    so_far = with_files(MODELS, tests=())
    assert check_module_files(so_far, ModuleFiles(files=(TESTS,), tests=PLANNED)) == []
    late = TESTS.model_copy(update={"imports": (Import(path="app/later.py"),)})
    assert len(check_module_files(so_far, ModuleFiles(files=(late,)))) == 1


def test_files_of_a_module_may_not_take_a_path_that_is_taken_nor_plan_tests_elsewhere() -> None:
    so_far = with_files(MODELS, tests=())
    issues = check_module_files(so_far, ModuleFiles(files=(MODELS,), tests=PLANNED[:1]))
    assert [issue.place for issue in issues] == ["app/models.py", "tests/test_tasks.py"]


def test_an_issue_goes_to_the_module_it_is_about_and_nobodys_to_the_first() -> None:
    other = Module(name="other", purpose="p", requirements=("FR-3",))
    structure = FileStructure(modules=(MODULE, other))
    issues = [
        StructuralIssue(id=f"I-{n}", severity=Severity.ERROR, place=place, message="m")
        for n, place in enumerate(["FR-3", "app/models.py", "somewhere"])
    ]
    assert issues_of_module(structure, other, issues) == (issues[0],)
    assert issues_of_module(structure, MODULE, issues) == (issues[1], issues[2])


@pytest.mark.parametrize("path", ["../late.py", "APP/late.py", "app/models.py/late.py", "App/x.py"])
def test_a_path_that_breaks_a_rule_goes_to_the_module_that_has_it(path: str) -> None:
    late = FileContract(path=path, purpose="Late.")
    other = Module(name="other", purpose="p", files=(late,))
    structure = FileStructure(modules=(MODULE, other), tests=PLANNED)
    issues = check_structure(SPEC, SCHEMA, structure)
    assert [issue.place for issue in issues] == [path]
    assert issues_of_module(structure, other, issues) == tuple(issues)
    assert issues_of_module(structure, MODULE, issues) == ()


def test_errors_are_refused_with_what_to_do_and_not_without_end() -> None:
    issue = StructuralIssue(
        id="I-1", severity=Severity.ERROR, place="FR-1", message="no file", suggestion="Add one."
    )
    refuse_errors([])
    with pytest.raises(ValueError, match=r"FR-1: no file\. Add one\.") as refused:
        refuse_errors([issue] * 25)
    assert str(refused.value).endswith("… and 5 more")
