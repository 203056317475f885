"""What is shown of a structure before code is written by it."""

from codegen.structure_page import structure_page, structure_summary
from core.artifacts.structure import (
    Dependency,
    Module,
    Severity,
    StructuralIssue,
    ValidatedStructure,
)
from tests.codegen.structures import MODULE, PLANNED

STRUCTURE = ValidatedStructure(
    modules=(MODULE,),
    tests=PLANNED,
    dependencies=(Dependency(name="fastapi", versions=">=1,<2", reason="HTTP | REST"),),
    issues=(
        StructuralIssue(id="SI-1", severity=Severity.WARNING, place="Task", message="No *limit*."),
    ),
)


def test_files_tests_packages_and_cost_are_told() -> None:
    page = structure_page("Task | Tracker", STRUCTURE, "$1 so far.")
    assert page.startswith("# Structure of Task \\| Tracker\n")
    assert "$1 so far." in page
    for file in MODULE.files:
        assert f"| `{file.path}` |" in page
    for test in PLANNED:
        assert f"| {test.requirement} | `{test.case}` | `{test.path}` |" in page
    assert "| `fastapi` | python | `>=1,<2` | the product | HTTP \\| REST |" in page
    assert "- Task: No \\*limit\\*." in page


def test_its_size_is_a_sentence() -> None:
    files = len(MODULE.files)
    assert structure_summary(STRUCTURE) == (
        f"Models write {files} files in 1 module; {len(PLANNED)} tests are planned."
    )


def test_of_very_many_files_the_first_are_shown() -> None:
    files = tuple(
        MODULE.files[0].model_copy(update={"path": f"app/f{number}.py"}) for number in range(300)
    )
    modules = tuple(Module(name=f"m{number}", purpose="p", files=files) for number in range(3))
    page = structure_page("T", ValidatedStructure(modules=modules), "")
    assert "### m1" in page
    assert "### m2" not in page
    assert "… and 400 more" in page
    assert "None is planned." in page
    assert "None but the language's own." in page
