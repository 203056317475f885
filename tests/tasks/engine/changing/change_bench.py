"""What a stage of a changed product is given: documents of the build before, and of this one."""

from pydantic import BaseModel

from core.artifacts.base import Artifact
from core.artifacts.specs import ClarificationHistory
from core.artifacts.structure import StructuralIssues, ValidatedStructure
from core.layout import (
    CLARIFICATION_HISTORY,
    DOCS,
    SCHEMA,
    SPECS,
    SPECS_CLEAN,
    SPECS_REFINED,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
)
from tasks.engine.stage_call import BASELINE
from tests.codegen.change import products

ISSUES = StructuralIssues()
STRUCTURE = ValidatedStructure.model_validate(products.STRUCTURE.model_dump())
BEFORE: dict[str, str | BaseModel] = {
    SPECS: products.ASKED,
    SPECS_REFINED: products.REFINED,
    CLARIFICATION_HISTORY: ClarificationHistory(),
    SPECS_CLEAN: products.SPEC,
    DOCS: products.DOCS,
    SCHEMA: products.SCHEMA,
    STRUCTURAL_ISSUES: ISSUES,
    VALIDATED_STRUCTURE: STRUCTURE,
}


def inputs(**now: str | Artifact) -> dict[str, str | BaseModel]:
    """What a stage is given: all documents of before, and as they are now those that differ.

    Args:
        **now: by the names of `core.layout`'s constants in lower case, such as `specs_clean`.
    """
    names = {
        "specs": SPECS,
        "specs_refined": SPECS_REFINED,
        "specs_clean": SPECS_CLEAN,
        "docs": DOCS,
        "schema": SCHEMA,
        "structural_issues": STRUCTURAL_ISSUES,
    }
    given: dict[str, str | BaseModel] = {names[name]: value for name, value in now.items()}
    earlier = {BASELINE + path: value for path, value in BEFORE.items()}
    return {**BEFORE, **earlier, **given}
