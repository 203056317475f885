"""What a program makes wrong in a file that a model writes."""

from collections.abc import Mapping

from tests.gold.faults import code, whole
from tests.gold.faults.around import around
from tests.gold.faults.mutant import Maker, Mutant, made, subjects
from tests.gold.faults.wire import failing
from tests.gold.repository import Gold

MAKERS: Mapping[str, tuple[Maker, ...]] = {
    "wrong import": (code.wrong_name, code.wrong_path),
    "missing export": (code.missing_export,),
    "wrong signature": (code.another_parameter,),
    "syntax error": (code.lost_bracket, code.lost_colon),
    "truncated file": (whole.cut_in_a_line,),
    "stub": (whole.not_implemented, whole.left_for_later),
    "rest unchanged": (whole.rest_unchanged,),
    "cycle": (code.circle,),
    "hallucinated dependency": (code.invented_package,),
}
"""What makes the mutants of each kind."""


def file_mutants(gold: Gold) -> list[Mutant]:
    """Every wrong answer to the question for a file."""
    return [
        mutant
        for subject in subjects(gold)
        for mutant in (*made(MAKERS, subject), *around(subject), *failing(subject))
    ]
