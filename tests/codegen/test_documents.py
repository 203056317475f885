import pytest

from codegen.documents import check_docs
from tests.codegen.structures import SPEC

DOCS = "# T\n\n### FR-1: a\n\n### FR-2: b\n\n### Task\n\n### Project\n"


@pytest.mark.parametrize(
    "answer",
    [
        DOCS,
        f"```markdown\n{DOCS}```",
        f"````\n{DOCS}````\n",
        DOCS.replace("\n", "\r\n"),
        f"\n{DOCS}",
    ],
)
def test_the_document_is_taken_out_of_its_wrapping(answer: str) -> None:
    assert check_docs(answer, SPEC) == DOCS


def test_requirements_and_entities_without_a_section_are_named() -> None:
    with pytest.raises(ValueError, match="no section of their own: FR-2, Project;"):
        check_docs("# T\n\n### FR-1: a\n\nFR-2 in passing\n\n### Task\n", SPEC)


def test_a_longer_number_is_another_requirement() -> None:
    with pytest.raises(ValueError, match="FR-1"):
        check_docs(DOCS.replace("FR-1", "FR-11"), SPEC)
