import pytest

from codegen.contracts import check_module_files, check_plan, check_structure, modules_of
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.specs import Requirement
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
    StructuralIssue,
)
from tests.codegen.structures import MODELS, MODULE, PLANNED, SCHEMA, SPEC, STRUCTURE, TESTS


def told(issues: list[StructuralIssue]) -> list[tuple[str, str]]:
    assert all(issue.suggestion and issue.id for issue in issues)
    return [(issue.place, issue.message) for issue in issues]


def with_files(*files: FileContract, tests: tuple[PlannedTest, ...] = PLANNED) -> FileStructure:
    return FileStructure(modules=(MODULE.model_copy(update={"files": files}),), tests=tests)


def planned(path: str, case: str) -> list[tuple[str, str]]:
    extra = FileContract(path=path, purpose="Tests.")
    test = PlannedTest(requirement="FR-1", path=path, case=case)
    structure = with_files(MODELS, TESTS, extra, tests=(*PLANNED, test))
    return told(check_structure(SPEC, SCHEMA, structure))


def test_nothing_is_named_that_there_is_not() -> None:
    file = FileContract(
        path="app/x.py",
        purpose="p",
        requirements=("FR-9",),
        entities=("User",),
        endpoints=("GET /x",),
    )
    test = PlannedTest(requirement="FR-7", path=TESTS.path, case="test_x")
    structure = with_files(MODELS, TESTS, file, tests=(*PLANNED, test))
    problems = [
        ("app/x.py", "it names the requirement 'FR-9', which there is not"),
        ("app/x.py", "it names the entity 'User', which there is not"),
        ("app/x.py", "it names the endpoint 'GET /x', which there is not"),
        ("tests/test_tasks.py", "it names the requirement 'FR-7', which there is not"),
    ]
    assert told(check_structure(SPEC, SCHEMA, structure)) == problems
    answer = ModuleFiles(files=(TESTS, file), tests=(test,))
    assert told(check_module_files(SPEC, SCHEMA, with_files(MODELS), answer)) == problems


def test_modules_of_a_plan_name_only_what_there_is() -> None:
    wrong = MODULE.model_copy(update={"requirements": ("FR-1", "FR-2", "FR-9")})
    assert told(check_plan(SPEC, SCHEMA, ModulePlan(modules=(wrong,)))) == [
        ("core", "it names the requirement 'FR-9', which there is not")
    ]


def test_an_endpoint_is_served_by_exactly_one_file() -> None:
    other = FileContract(path="app/x.py", purpose="p", endpoints=("GET /api/tasks",))
    assert told(check_structure(SPEC, SCHEMA, with_files(MODELS, TESTS, other))) == [
        ("app/x.py", "it serves 'GET /api/tasks', which 'app/models.py' serves already")
    ]
    less = MODELS.model_copy(update={"endpoints": ("GET /api/tasks",)})
    assert told(check_structure(SPEC, SCHEMA, with_files(less, TESTS))) == [
        ("GET /api/projects", "no file serves this endpoint")
    ]


@pytest.mark.parametrize(
    ("path", "language", "template"),
    [
        ("README.md", "markdown", ""),
        ("LICENSE", "text", ""),
        ("data.json", "json", ""),
        ("tests/conftest.py", "python", ""),
        ("app/main.py", "python", "fastapi/main.py"),
    ],
)
def test_what_is_no_code_of_the_product_has_nothing_of_it(
    path: str, language: str, template: str
) -> None:
    file = MODELS.model_copy(update={"path": path, "language": language, "template": template})
    tests = TESTS.model_copy(update={"imports": ()})
    assert told(check_structure(SPEC, SCHEMA, with_files(file, tests))) == [
        ("FR-1", "no file serves it"),
        ("FR-2", "no file serves it"),
        ("Task", "no file holds this entity"),
        ("Project", "no file holds this entity"),
        ("GET /api/tasks", "no file serves this endpoint"),
        ("GET /api/projects", "no file serves this endpoint"),
    ]


def test_a_requirement_about_no_entity_may_be_met_by_a_document() -> None:
    manual = Requirement(id="FR-3", title="There is a manual")
    spec = SPEC.model_copy(update={"requirements": (*SPEC.requirements, manual)})
    readme = FileContract(path="README.md", purpose="p", requirements=("FR-3",))
    test = PlannedTest(requirement="FR-3", path=TESTS.path, case="test_has_a_manual")
    structure = with_files(MODELS, TESTS, readme, tests=(*PLANNED, test))
    assert told(check_structure(spec, SCHEMA, structure)) == []
    tested = TESTS.model_copy(update={"requirements": (*TESTS.requirements, "FR-3")})
    structure = with_files(MODELS, tested, tests=(*PLANNED, test))
    assert told(check_structure(spec, SCHEMA, structure)) == [("FR-3", "no file serves it")]


def test_a_script_in_a_language_that_nothing_reads_is_code() -> None:
    script = MODELS.model_copy(
        update={"path": "bin/serve.sh", "language": "bash", "exports": MODELS.exports}
    )
    tests = TESTS.model_copy(update={"imports": ()})
    assert told(check_structure(SPEC, SCHEMA, with_files(script, tests))) == []


@pytest.mark.parametrize(
    ("path", "case"),
    [
        ("tests/tasks_test.py", "test_x"),
        ("tests/test_x.py", "TestTasks::test_x"),
        ("src/a.test.ts", "keeps tasks"),
        ("test/a.js", "keeps tasks"),
        ("web/__tests__/a.js", "keeps tasks"),
        ("pkg/a_test.go", "TestA"),
        ("checks/a.sh", "anything"),
    ],
)
def test_tests_that_runners_find_are_no_problem(path: str, case: str) -> None:
    assert planned(path, case) == []


@pytest.mark.parametrize(
    ("path", "case", "message"),
    [
        ("tests/tasks.py", "test_x", "no test runner takes for one"),
        ("tests/test_x.py", "keeps tasks", "no name that pytest runs"),
        ("src/a.js", "keeps tasks", "no test runner takes for one"),
        ("pkg/a.go", "TestA", "no test runner takes for one"),
    ],
)
def test_tests_that_no_runner_would_find_are_told(path: str, case: str, message: str) -> None:
    ((place, text),) = planned(path, case)
    assert place == path
    assert message in text


def test_no_test_is_planned_in_a_file_that_a_template_serves() -> None:
    served = TESTS.model_copy(update={"template": "pack/test_tasks.py"})
    problems = told(check_structure(SPEC, SCHEMA, with_files(MODELS, served)))
    assert [message for _, message in problems] == [
        "the test 'test_keeps_tasks' is planned in a file that a template serves",
        "the test 'test_keeps_projects' is planned in a file that a template serves",
    ]


def test_only_templates_write_what_a_code_host_runs() -> None:
    workflow = FileContract(path=".github/workflows/ci.yml", purpose="Runs the tests.")
    ((place, message),) = told(check_structure(SPEC, SCHEMA, with_files(MODELS, TESTS, workflow)))
    assert (place, "code host runs" in message) == (workflow.path, True)
    served = workflow.model_copy(update={"template": "fastapi/ci.yml"})
    assert check_structure(SPEC, SCHEMA, with_files(MODELS, TESTS, served)) == []


def test_circles_and_hidden_modules_are_told_where_they_are() -> None:
    back = MODELS.model_copy(update={"imports": (Import(path=TESTS.path),)})
    hidden = FileContract(path="email.py", purpose="p")
    structure = with_files(back, TESTS, hidden)
    assert [place for place, _ in told(check_structure(SPEC, SCHEMA, structure))] == [
        "email.py",
        "app/models.py",
    ]
    # What is settled already is not told to the module that comes later.
    assert (
        check_module_files(SPEC, SCHEMA, with_files(MODELS, hidden), ModuleFiles(files=(TESTS,)))
        == []
    )


def test_an_issue_of_a_field_or_endpoint_goes_to_the_modules_it_is_about() -> None:
    foundation = Module(name="foundation", purpose="p", entities=("Task", "Project"))
    tasks = Module(name="tasks", purpose="p", entities=("Task",), files=(TESTS,))
    projects = Module(name="projects", purpose="p", entities=("Project",))
    structure = FileStructure(modules=(foundation, tasks, projects))

    def names(place: str, of: FileStructure = structure) -> list[str]:
        return [module.name for module in modules_of(of, SCHEMA, place)]

    assert names("Task.title") == ["foundation", "tasks"]
    assert names("GET /api/tasks") == ["tasks"], "the fewest entities besides"
    assert names("GET /api/unheard-of") == ["foundation"]
    serving = STRUCTURE.model_copy(update={"modules": (tasks, MODULE)})
    assert names("GET /api/tasks", serving) == ["core"], "where it is served already"
