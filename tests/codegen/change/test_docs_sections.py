"""Stage 2 of a changed product: sections that are written again, and those that stay."""

import pytest

from codegen.change.docs_sections import changed_sections, has_sections, merged_docs
from codegen.change.scope import SpecScope
from core.artifacts.specs import Requirement
from tests.codegen.change.products import DOCS, SPEC, changed, without

REWORDED = """Here it is:

### FR-1: Lend a tool

Until Monday.

### FR-2: Show the shed

In other words.

## Interfaces

Two pages.

```text
## no heading
```
"""


def test_only_what_was_asked_for_is_taken() -> None:
    spec = changed(SPEC, "FR-1", description="Until Monday.")
    scope = SpecScope.between(SPEC, spec)
    assert changed_sections(DOCS, scope).asked == ("FR-1", "Interfaces")
    docs = merged_docs(DOCS, REWORDED, spec, scope)
    expected = DOCS.replace("Until its due date.", "Until Monday.")
    expected = expected.replace("A page.", "Two pages.\n\n```text\n## no heading\n```")
    assert docs == expected


def test_what_is_gone_is_taken_out_and_what_is_new_is_put_in_its_place() -> None:
    spec = without(SPEC, "FR-2")
    new = Requirement(id="FR-4", title="Remind")
    spec = spec.model_copy(update={"requirements": (*spec.requirements, new)})
    scope = SpecScope.between(SPEC, spec)
    answer = "### FR-4: Remind\n\nBy mail.\n\n## Interfaces\n\nA page.\n"
    docs = merged_docs(DOCS, answer, spec, scope)
    expected = DOCS.replace("### FR-2: Show the shed\n\nAll tools.\n\n", "")
    kept = "They are kept.\n\n"
    assert docs == expected.replace(kept, f"{kept}### FR-4: Remind\n\nBy mail.\n\n")


def test_sections_that_are_missing_are_named() -> None:
    spec = changed(SPEC, "FR-1", description="Until Monday.")
    with pytest.raises(ValueError, match="FR-1, Interfaces"):
        merged_docs(DOCS, "### FR-2: Show\n\nx\n", spec, SpecScope.between(SPEC, spec))


def test_a_document_without_chapters_gets_what_is_new_at_its_end() -> None:
    spec = SPEC.model_copy(
        update={"requirements": (*SPEC.requirements, Requirement(id="FR-4", title="Remind"))}
    )
    docs = merged_docs("# T\n", "### FR-4: Remind\n\nx\n", spec, SpecScope.between(SPEC, spec))
    assert docs == "# T\n\n### FR-4: Remind\n\nx\n"


def test_where_nothing_changed_nothing_is_asked() -> None:
    assert not changed_sections(DOCS, SpecScope.between(SPEC, SPEC)).is_question


def test_whether_sections_can_be_replaced_is_told() -> None:
    assert has_sections(DOCS, {"FR-1", "Loan"})
    assert not has_sections(DOCS, {"FR-9"})
