"""Stages 4 and 5, with a model scripted at the transport."""

import pytest

from core.artifacts.answers import (
    ModuleFiles,
    ModulePlan,
    ModuleReview,
)
from core.artifacts.structure import (
    FileStructure,
    Module,
    Severity,
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.errors import AnswerError
from core.layout import (
    FILE_STRUCTURE,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
)
from tasks.file_structure_generator import generate_structure
from tasks.validator import validate_structure
from tests.codegen.structures import (
    MODELS,
    MODULE,
    PLANNED,
    STRUCTURE,
    TESTS,
)
from tests.tasks.bench import DESIGN, REVIEW, Bench

WRITTEN = ModuleFiles(files=MODULE.files, tests=PLANNED)
"""The module as the model of stage 4 writes it again."""


async def test_stage_4_asks_for_the_modules_and_then_for_the_files_of_each(bench: Bench) -> None:
    models = Module(
        name="models", purpose="p", requirements=("FR-1", "FR-2"), entities=("Task", "Project")
    )
    tests = Module(name="tests", purpose="p", requirements=("FR-1", "FR-2"))
    early = ModuleFiles(files=(TESTS,), tests=PLANNED)  # imports what is not there yet
    outputs = await generate_structure(
        bench.work(
            "4",
            DESIGN,
            ModulePlan(modules=(models, tests)),
            early,
            ModuleFiles(files=(MODELS,)),
            ModuleFiles(files=(TESTS,), tests=PLANNED),
        )
    )
    structure = outputs[FILE_STRUCTURE]
    assert isinstance(structure, FileStructure)
    planned = [file.path for file in structure.files if not file.template]
    assert planned == ["app/models.py", "tests/test_tasks.py"]
    assert structure.tests == PLANNED
    assert "'app/models.py', which is no file of the structure" in bench.prompts[2]
    assert "app/models.py" in bench.prompts[3], "later modules see the earlier ones"


async def test_stage_4_refuses_a_plan_that_forgets_something(bench: Bench) -> None:
    half = Module(name="half", purpose="p", requirements=("FR-1",), entities=("Task",))
    work = bench.work("4", DESIGN, *[ModulePlan(modules=(half,))] * 3)
    with pytest.raises(AnswerError, match="FR-2: no module has this requirement"):
        await generate_structure(work)


async def test_stage_5_passes_on_what_fits_together(bench: Bench) -> None:
    warning = StructuralIssue(id="W", severity=Severity.WARNING, place="Task", message="m")
    info = StructuralIssue(id="I", severity=Severity.INFO, place="Task", message="m")
    inputs = {
        **DESIGN,
        FILE_STRUCTURE: STRUCTURE,
        STRUCTURAL_ISSUES: StructuralIssues(issues=(warning, info)),
    }
    review = REVIEW.model_copy(update={"corrections": ("Renamed nothing.",)})
    outputs = await validate_structure(bench.work("5", inputs, review))
    validated = outputs[VALIDATED_STRUCTURE]
    assert isinstance(validated, ValidatedStructure)
    assert tuple(file for file in validated.files if not file.template) == STRUCTURE.files
    assert validated.corrections == ("Renamed nothing.",)
    assert validated.issues == (warning,)


async def test_stage_5_sends_errors_back_to_the_module_until_they_are_mended(
    bench: Bench,
) -> None:
    broken = REVIEW.model_copy(update={"tests": PLANNED[:1]})
    work = bench.work("5", {**DESIGN, FILE_STRUCTURE: STRUCTURE}, broken, WRITTEN, REVIEW)
    outputs = await validate_structure(work)
    validated = outputs[VALIDATED_STRUCTURE]
    assert isinstance(validated, ValidatedStructure)
    assert validated.tests == PLANNED
    assert "no acceptance test is planned for it" in bench.prompts[1]
    systems = [body["messages"][0]["content"].split("\n")[0] for body in bench.model.asked]
    assert systems == ["# validator", "# file-structure-generator", "# validator"]
    assert bench.prompts[1].count("test_keeps_tasks") == 1, "it sees what the module has so far"
    assert "no acceptance test is planned for it" not in bench.prompts[2], "it is mended by then"


async def test_stage_5_never_passes_on_a_structure_with_errors(bench: Bench) -> None:
    broken = [
        REVIEW.model_copy(update={"tests": PLANNED[:1], "corrections": (str(n),)}) for n in range(3)
    ]
    answers = (broken[0], WRITTEN, broken[1], WRITTEN, broken[2])
    work = bench.work("5", {**DESIGN, FILE_STRUCTURE: STRUCTURE}, *answers)
    with pytest.raises(AnswerError, match="still has 1 errors after 3 rounds: FR-2"):
        await validate_structure(work)


SERIOUS = StructuralIssue(id="SI-1", severity=Severity.ERROR, place="Task", message="A circle.")


async def test_stage_5_does_not_go_on_with_an_error_that_a_model_reported(bench: Bench) -> None:
    inputs = {
        **DESIGN,
        FILE_STRUCTURE: STRUCTURE,
        STRUCTURAL_ISSUES: StructuralIssues(issues=(SERIOUS,)),
    }
    with pytest.raises(AnswerError, match="still has 1 errors after 3 rounds: Task: A circle"):
        await validate_structure(bench.work("5", inputs, REVIEW, WRITTEN, REVIEW, WRITTEN, REVIEW))
    assert all("A circle." in prompt for prompt in bench.prompts)


async def test_stage_5_goes_on_when_the_error_is_mended_or_refuted_with_a_reason(
    bench: Bench,
) -> None:
    mild = SERIOUS.model_copy(update={"id": "SI-2", "severity": Severity.WARNING})
    inputs = {
        **DESIGN,
        FILE_STRUCTURE: STRUCTURE,
        STRUCTURAL_ISSUES: StructuralIssues(issues=(SERIOUS, mild)),
    }

    def review(resolved: str, said: str) -> ModuleReview:
        return REVIEW.model_copy(update={"resolved": (resolved,), "corrections": (said,)})

    answers = [
        REVIEW,
        WRITTEN,
        review("SI-9", "SI-9 is mended."),
        review("SI-1", "SI-12 and XSI-1 are mended."),
        review("SI-1", "SI-1: there is no circle."),
    ]
    outputs = await validate_structure(bench.work("5", inputs, *answers))
    validated = outputs[VALIDATED_STRUCTURE]
    assert isinstance(validated, ValidatedStructure)
    assert validated.issues == (mild,)
    assert validated.corrections == ("SI-1: there is no circle.",)
    assert "SI-9: no such issue was given; given were: SI-1" in bench.prompts[3]
    assert "SI-1: no correction names it" in bench.prompts[4]


async def test_stage_5_asks_every_module_that_an_error_concerns(bench: Bench) -> None:
    models = MODULE.model_copy(update={"name": "models", "files": (MODELS,)})
    tests = MODULE.model_copy(update={"name": "tests", "files": (TESTS,)})
    inputs = {
        **DESIGN,
        FILE_STRUCTURE: FileStructure(modules=(models, tests), tests=PLANNED),
        STRUCTURAL_ISSUES: StructuralIssues(issues=(SERIOUS,)),
    }
    done = {"resolved": ("SI-1",), "corrections": ("SI-1: mended.",)}
    work = bench.work(
        "5",
        inputs,
        ModuleReview(files=(MODELS,)).model_copy(update=done),
        ModuleReview(files=(TESTS,), tests=PLANNED),
        ModuleFiles(files=(TESTS,), tests=PLANNED),
        ModuleReview(files=(TESTS,), tests=PLANNED).model_copy(update=done),
    )
    outputs = await validate_structure(work)
    validated = outputs[VALIDATED_STRUCTURE]
    assert isinstance(validated, ValidatedStructure)
    assert validated.issues == ()
    assert len(bench.prompts) == 4, "the second round asks only the module that left it open"
