"""Stages 4 and 5 of a changed product, with a model scripted at the transport."""

from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec, Requirement
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedFile,
    PlannedModule,
    PlannedTest,
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.layout import VALIDATED_STRUCTURE
from tasks.engine.changing.review import ChangeReview
from tasks.engine.changing.structure import new_issues, scope_of, structure_of_change
from tasks.engine.stage_call import BASELINE
from tests.codegen.change.products import (
    LOAN_TESTS,
    LOANS,
    SCHEMA,
    SPEC,
    STRUCTURE,
    TOOL_TESTS,
    contract,
    endpoint,
    without,
)
from tests.tasks.bench import Bench
from tests.tasks.engine.changing.change_bench import inputs

REMIND = Requirement(id="FR-4", title="Remind", entities=("Loan",))
MORE = SPEC.model_copy(update={"requirements": (*SPEC.requirements, REMIND)})
DUE = endpoint("GET", "/api/loans/due", "Loan", "FR-4")
WIDER = Schema(entities=SCHEMA.entities, endpoints=(*SCHEMA.endpoints, DUE))
TESTED = PlannedTest(requirement="FR-4", path="tests/test_loans.py", case="test_reminds")


def files(*contracts: FileContract, tests: tuple[PlannedTest, ...] = ()) -> ModuleFiles:
    planned = [PlannedFile.model_validate(file.model_dump()) for file in contracts]
    return ModuleFiles(files=tuple(planned), tests=tests)


def reworded(file: FileContract, **more: object) -> FileContract:
    return file.model_copy(update={"purpose": f"{file.purpose} In other words.", **more})


def own(structure: FileStructure) -> dict[str, FileContract]:
    """Files that models write, by path."""
    return {file.path: file for file in structure.files if not file.template}


async def test_a_new_requirement_is_planned_where_its_module_is_and_nowhere_else(
    bench: Bench,
) -> None:
    plan = ModulePlan(
        modules=(
            PlannedModule(name="loans", purpose="Other.", requirements=("FR-4",)),
            PlannedModule(name="tests", purpose="Other.", requirements=("FR-4",)),
        )
    )
    serving = reworded(
        LOANS, requirements=("FR-1", "FR-3", "FR-4"), endpoints=(*LOANS.endpoints, DUE.id)
    )
    showing = reworded(LOAN_TESTS, requirements=("FR-1", "FR-3", "FR-4"))
    work = bench.work(
        "4",
        inputs(specs_clean=MORE, schema=WIDER),
        plan,
        files(serving),
        files(reworded(TOOL_TESTS), showing, tests=(TESTED,)),
    )
    structure = await structure_of_change(work)
    assert len(bench.prompts) == 3
    written = own(structure)
    for planned in (serving, showing):
        assert written[planned.path] == planned.model_copy(update={"language": "python"})
    for path in ("app/base.py", "app/tools.py", "tests/test_tools.py"):
        assert written[path].purpose == own(STRUCTURE)[path].purpose
        assert written[path].requirements == own(STRUCTURE)[path].requirements
    assert [module.name for module in structure.modules][:4] == [
        *("base", "tools", "loans", "application")
    ]
    assert structure.tests == (*STRUCTURE.tests, TESTED)


async def test_where_nothing_changed_no_plan_and_no_file_is_asked_for(bench: Bench) -> None:
    structure = await structure_of_change(bench.work("4", inputs()))
    assert bench.prompts == []
    assert own(structure).keys() >= {"app/base.py", "app/loans.py", "tests/test_loans.py"}


async def test_what_is_gone_is_asked_of_the_modules_that_served_it_alone(bench: Bench) -> None:
    spec = without(SPEC, "FR-2")
    tools = TOOLS_WITHOUT
    work = bench.work("4", inputs(specs_clean=spec), files(tools), files(LOAN_TESTS))
    structure = await structure_of_change(work)
    assert len(bench.prompts) == 2
    assert "tests/test_tools.py" not in own(structure), "it was there for FR-2 alone"
    assert own(structure)["app/loans.py"] == LOANS
    assert [test.requirement for test in structure.tests] == ["FR-1", "FR-3"]


TOOLS_WITHOUT = own(STRUCTURE)["app/tools.py"].model_copy(update={"requirements": ()})


def test_issues_of_before_were_dealt_with_and_those_of_programs_hold_always(bench: Bench) -> None:
    def issue(number: str, source: str) -> StructuralIssue:
        return StructuralIssue.model_validate(
            {"id": number, "severity": "error", "place": "Tool", "message": "m", "source": source}
        )

    before = StructuralIssues(issues=(issue("SI-1", "model"), issue("SC-1", "check")))
    noted = StructuralIssues(issues=(*before.issues, issue("SI-2", "model")))
    given = inputs(structural_issues=noted)
    given[BASELINE + "specs/structural_issues.json"] = before
    assert [item.id for item in new_issues(bench.work("4", given)).issues] == ["SC-1", "SI-2"]


def reviewing(bench: Bench, spec: CleanSpec = SPEC, **more: object) -> ChangeReview:
    given = inputs(specs_clean=spec)
    if more:
        before = ValidatedStructure.model_validate({**STRUCTURE.model_dump(), **more})
        given[BASELINE + VALIDATED_STRUCTURE] = before
    return ChangeReview(bench.work("5", given))


def test_a_module_that_is_planned_as_before_is_not_reviewed_again(bench: Bench) -> None:
    review = reviewing(bench)
    loans = STRUCTURE.modules[2]
    assert review.is_kept(STRUCTURE, loans)
    assert review.is_kept(STRUCTURE, loans.model_copy(update={"purpose": "In other words."}))
    more = loans.model_copy(update={"files": (reworded(LOANS),)})
    assert not review.is_kept(STRUCTURE, more)
    assert not review.is_kept(STRUCTURE, Module(name="new", purpose="New."))


def test_of_a_review_that_is_taken_which_the_change_concerns_or_an_issue_names(
    bench: Bench,
) -> None:
    review = reviewing(bench, without(SPEC, "FR-2"))
    tests = STRUCTURE.modules[4]
    answer = files(reworded(LOAN_TESTS), reworded(TOOL_TESTS))
    taken = review.merged(STRUCTURE, tests, answer, ())
    assert taken.contracts == (LOAN_TESTS, reworded(TOOL_TESTS))
    named = StructuralIssue.model_validate(
        {"id": "SC-1", "severity": "error", "place": "tests/test_loans.py", "message": "m"}
    )
    taken = review.merged(STRUCTURE, tests, answer, (named,))
    assert taken.contracts == (reworded(LOAN_TESTS), reworded(TOOL_TESTS))


def test_a_file_that_only_a_removed_one_imported_goes(bench: Bench) -> None:
    paper = contract("app/paper.py")
    printing = contract("app/print.py", "FR-2", imports=(Import(path="app/paper.py"),))
    module = Module(name="paper", purpose="Paper.", files=(paper, printing))
    before = STRUCTURE.model_copy(update={"modules": (*STRUCTURE.modules, module)})
    review = reviewing(
        bench,
        without(SPEC, "FR-2"),
        modules=[item.model_dump() for item in before.modules],
    )
    left = module.model_copy(update={"files": (paper,)})
    after = before.model_copy(update={"modules": (*STRUCTURE.modules, left)})
    assert "app/paper.py" not in own(review.pruned(after))
    assert "app/paper.py" in own(review.pruned(before))


def test_issues_that_were_left_standing_stand_where_nothing_changed(bench: Bench) -> None:
    standing = [
        {"id": f"SI-{number}", "severity": "warning", "place": place, "message": "m"}
        for number, place in enumerate(("Tool.name", "FR-2"), start=1)
    ]
    review = reviewing(bench, without(SPEC, "FR-2"), issues=standing)
    assert [item.id for item in review.standing] == ["SI-1"]


def test_the_scope_is_that_of_both_specs_and_both_schemas(bench: Bench) -> None:
    work = bench.work("4", inputs(specs_clean=MORE, schema=WIDER))
    assert scope_of(work).there == {"FR-4", DUE.id}
