"""Holds what a person put in place of an output to the checks that the stage itself makes.

What has no entry here is checked by its type alone, before the build begins.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from codegen.contracts import check_structure
from codegen.documents import check_docs
from codegen.issues import errors_in
from codegen.schema_checks import check_edited_schema, check_spec
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.errors import InputError
from core.layout import DOCS, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES, VALIDATED_STRUCTURE
from tasks.engine.stage_work import StageWork

MAX_SHOWN = 20
"""Problems named in one message; the rest are counted."""


def check_edits(work: StageWork) -> None:
    """Check every edit of a stage's outputs.

    Raises:
        InputError: an edit does not fit the artifacts before it; the message names the problems.
    """
    for path in work.call.edits:
        problems = _CHECKS[path](work) if path in _CHECKS else []
        if problems:
            more = len(problems) - MAX_SHOWN
            shown = "; ".join(problems[:MAX_SHOWN]) + (f"; … and {more} more" if more > 0 else "")
            raise InputError(f"use: the text for {path!r} does not fit the build: {shown}")


def _spec_problems(work: StageWork) -> list[str]:
    return _errors(check_spec(CleanSpec.model_validate_json(work.call.edits[SPECS_CLEAN])))


def _docs_problems(work: StageWork) -> list[str]:
    try:
        check_docs(work.call.edits[DOCS], work.read(SPECS_CLEAN, CleanSpec))
    except ValueError as error:
        return [str(error)]
    return []


def _schema_problems(work: StageWork) -> list[str]:
    schema = Schema.model_validate_json(work.call.edits[SCHEMA])
    return _errors(check_edited_schema(work.read(SPECS_CLEAN, CleanSpec), schema))


def _issues_problems(work: StageWork) -> list[str]:
    noted = StructuralIssues.model_validate_json(work.call.edits[STRUCTURAL_ISSUES])
    times = Counter(issue.id for issue in noted.issues)
    return [
        f"{number}: {count} issues have this id; give each its own"
        for number, count in times.items()
        if count > 1
    ]


def _structure_problems(work: StageWork) -> list[str]:
    structure = ValidatedStructure.model_validate_json(work.call.edits[VALIDATED_STRUCTURE])
    spec, schema = work.read(SPECS_CLEAN, CleanSpec), work.read(SCHEMA, Schema)
    return _errors((*check_structure(spec, schema, structure), *structure.issues))


def _errors(issues: Iterable[StructuralIssue]) -> list[str]:
    return [f"{issue.place}: {issue.message}" for issue in errors_in(issues)]


_CHECKS: Mapping[str, Callable[[StageWork], list[str]]] = {
    SPECS_CLEAN: _spec_problems,
    DOCS: _docs_problems,
    SCHEMA: _schema_problems,
    STRUCTURAL_ISSUES: _issues_problems,
    VALIDATED_STRUCTURE: _structure_problems,
}
