"""Hundreds of answers as models give them: each is applied rightly, or refused as a whole."""

from collections import Counter

import pytest

from codegen.edits.applying import apply_edits
from codegen.edits.reading import read_edits
from tests.codegen.edits.changes import ACCEPTANCE
from tests.codegen.edits.model_edits import ModelEdit, generated_edits

EDITS = list(generated_edits(seed=20250101))
"""Any seed will do."""


def outcome_of(edit: ModelEdit) -> str:
    """What became of an answer; fails if it is not what it means."""
    given = dict(edit.texts)
    try:
        result = apply_edits(edit.texts, read_edits(edit.answer, set(edit.texts)), {ACCEPTANCE})
    except ValueError:
        return "refused"
    finally:
        assert edit.texts == given
    assert result == edit.result
    return "applied"


@pytest.mark.parametrize("edit", EDITS, ids=[f"{n}-{e.kind}" for n, e in enumerate(EDITS)])
def test_an_answer_is_applied_rightly_or_refused_whole(edit: ModelEdit) -> None:
    outcome = outcome_of(edit)

    assert edit.outcome in (outcome, "either")


def test_there_are_enough_of_each_kind_and_most_small_slips_are_forgiven() -> None:
    made = Counter(edit.kind for edit in EDITS)
    applied = Counter(edit.kind for edit in EDITS if outcome_of(edit) == "applied")

    assert made.total() >= 200
    assert set(made) == {
        *("right", "off by lines", "whitespace", "context", "overlapping", "malformed", "outside")
    }
    assert min(made.values()) >= 20
    forgivable = [edit for edit in EDITS if edit.outcome == "either"]
    forgiven = [edit for edit in forgivable if outcome_of(edit) == "applied"]
    assert len(forgiven) >= 0.8 * len(forgivable), applied
