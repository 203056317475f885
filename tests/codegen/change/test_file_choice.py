"""Stage 7 of a changed product: which files stay as they are."""

from dataclasses import replace

from codegen.change.file_choice import Design, is_same_task, uses_the_same
from core.artifacts.schema import Schema
from core.artifacts.specs import SpecField
from core.artifacts.structure import FileContract, Import, PlannedTest
from tests.codegen.change.products import (
    DOCS,
    LOANS,
    SCHEMA,
    STORED_LOAN,
    STORED_TOOL,
    STRUCTURE,
    contract,
    endpoint,
)

BEFORE = Design(
    docs=DOCS,
    schema=SCHEMA,
    contracts={file.path: file for file in STRUCTURE.files},
    tests=STRUCTURE.tests,
)
LOAN_FILES = {"app/loans.py", "tests/test_loans.py"}


def other(after: Design) -> set[str]:
    return {path for path in BEFORE.contracts if not is_same_task(path, BEFORE, after)}


def test_of_the_same_design_every_file_is_the_same_task() -> None:
    assert other(BEFORE) == set()


def test_a_section_concerns_who_serves_or_tests_its_requirement() -> None:
    after = replace(BEFORE, docs=DOCS.replace("Until its due date.", "Until Monday."))
    assert other(after) == LOAN_FILES


def test_sections_about_the_whole_concern_nobody() -> None:
    after = replace(BEFORE, docs=DOCS.replace("A page.", "Two pages."))
    assert other(after) == set()


def test_an_entity_concerns_who_lists_it_and_not_who_it_points_to() -> None:
    loan = STORED_LOAN.model_copy(update={"fields": (SpecField(name="deadline"),)})
    schema = Schema(entities=(STORED_TOOL, loan), endpoints=SCHEMA.endpoints)
    assert other(replace(BEFORE, schema=schema)) == {"app/loans.py"}


def test_a_new_endpoint_concerns_who_serves_it_and_one_that_is_gone_all_about_its_entity() -> None:
    new = endpoint("GET", "/api/loans/due", "Loan", "FR-1")
    more = Schema(entities=SCHEMA.entities, endpoints=(*SCHEMA.endpoints, new))
    assert other(replace(BEFORE, schema=more)) == set()
    serving = LOANS.model_copy(update={"endpoints": (*LOANS.endpoints, new.id)})
    contracts = {**BEFORE.contracts, LOANS.path: serving}
    assert other(replace(BEFORE, schema=more, contracts=contracts)) == {LOANS.path}
    fewer = Schema(entities=SCHEMA.entities, endpoints=SCHEMA.endpoints[:2])
    assert other(replace(BEFORE, schema=fewer)) == {"app/loans.py"}


def test_an_entity_concerns_who_serves_an_endpoint_of_it_without_naming_it() -> None:
    serving = LOANS.model_copy(update={"entities": ()})
    contracts = {**BEFORE.contracts, LOANS.path: serving}
    before = replace(BEFORE, contracts=contracts)
    loan = STORED_LOAN.model_copy(update={"fields": (SpecField(name="deadline"),)})
    schema = Schema(entities=(STORED_TOOL, loan), endpoints=SCHEMA.endpoints)
    assert is_same_task(LOANS.path, before, before)
    assert not is_same_task(LOANS.path, before, replace(before, schema=schema))


def test_the_end_of_a_long_section_concerns_who_serves_it_too() -> None:
    long, other_end = (
        DOCS.replace("Until its due date.", "x" * 13_000 + end) for end in ("Monday.", "Friday.")
    )
    before = replace(BEFORE, docs=long)
    assert not is_same_task(LOANS.path, before, replace(before, docs=other_end))


def test_a_planned_test_concerns_the_file_that_holds_it() -> None:
    test = PlannedTest(requirement="FR-2", path="tests/test_tools.py", case="test_more")
    assert other(replace(BEFORE, tests=(*BEFORE.tests, test))) == {"tests/test_tools.py"}


def test_a_file_that_is_new_or_gone_is_no_same_task() -> None:
    after = replace(BEFORE, contracts={})
    assert not is_same_task("app/base.py", BEFORE, after)
    assert not is_same_task("app/base.py", after, BEFORE)


OLD = 'def due(day: int) -> bool:\n    """Say whether."""\n    return day > 1\n\n\nA = 1\n'


def same(
    before: str | None, after: str | None, *symbols: str, contracts: FileContract | None = None
) -> bool:
    file = contract("a.py", imports=(Import(path="due.py", symbols=symbols),))
    old = contract("due.py", endpoints=("GET /api/due",))
    texts = [{} if text is None else {"due.py": text} for text in (before, after)]
    return uses_the_same(
        file, ({"due.py": old}, {"due.py": contracts or old}), (texts[0], texts[1])
    )


def test_another_body_is_the_same_offer_and_another_signature_is_not() -> None:
    assert same(OLD, OLD, "due")
    assert same(OLD, "# moved\n" + OLD.replace("> 1", "> 2"), "due")
    assert not same(OLD, OLD.replace("day: int", "day: str"), "due")
    assert same(OLD, OLD.replace("A = 1", "B = 1"), "due")
    assert not same(OLD, OLD.replace("A = 1", "B = 1"), "due", "A")


def test_a_file_that_was_not_there_offers_something_else() -> None:
    assert not same(None, OLD, "due")
    assert not same(OLD, None, "due")


def test_who_has_to_agree_with_a_file_looks_at_all_it_offers_and_serves() -> None:
    assert same(OLD, OLD.replace("> 1", "> 2"))
    assert not same(OLD, OLD.replace("A = 1", "B = 1"))
    assert not same(OLD, OLD.replace("> 1", "> 2"), contracts=contract("due.py"))
