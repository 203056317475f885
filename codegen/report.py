"""Writes the report of a build as Markdown."""

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Stack
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.layout import TESTS_REPORT
from core.markdown import block, code, plain, table
from core.stages import StageTable

_FAILURES_SHOWN = 25


def write_report(
    table: StageTable,
    record: BuildRecord,
    structure: ValidatedStructure,
    tests: TestReport,
    *,
    asked: Stack,
    spec: CleanSpec,
) -> str:
    """What was built, by which models, at what cost, and what was not verified.

    Args:
        table: the stages, in order.
        record: how the build went.
        structure: the files that were built.
        tests: how their tests went.
        asked: the stack the questionnaire asks for.
        spec: what was built instead, and what was decided because nobody said otherwise.
    """
    parts = [f"# {plain(record.project_name)}", _verdict(record, tests)]
    if decided := _decisions(asked, spec):
        parts += ["## Decided for you", decided]
    parts += [
        "## Build",
        _facts(record, structure),
        "## Stages",
        _stages(table, record),
        "## Tests",
        _tests(tests),
    ]
    if structure.issues:
        parts += ["## Issues left standing", _issues(structure)]
    if record.edited:
        parts += ["## Edited by hand", "\n".join(f"- {code(path)}" for path in record.edited)]
    return "\n\n".join(parts) + "\n"


def _verdict(record: BuildRecord, tests: TestReport) -> str:
    lines: list[str] = []
    if record.demo:
        lines.append(
            f"**A demo model wrote {_share(record)}**, not a real one. It always writes FastAPI "
            "with SQLite, whatever stack was chosen."
        )
    if tests.status == "green":
        lines.append(f"The tests are green. The repository is on {code(record.branch)}.")
    else:
        lines.append(
            f"**This is not verified**, so it is on the review branch {code(record.branch)}: "
            f"{plain(_first_line(tests.reason))}"
        )
    return "\n\n".join(lines)


def _share(record: BuildRecord) -> str:
    models = {model for stage in record.stages.values() for model in stage.models}
    return "this" if models <= {"demo/demo"} else "part of this (see the stages)"


def _decisions(asked: Stack, spec: CleanSpec) -> str:
    """Changes of the stack, which a person most needs to know of, and then the assumptions."""
    changes = [
        f"- **{info.title or name}:** {code(wanted)} was asked for, {code(planned)} was planned."
        for name, info in Stack.model_fields.items()
        if (wanted := getattr(asked, name)) != (planned := getattr(spec.stack, name))
    ]
    return "\n".join([*changes, *(f"- {plain(text)}" for text in spec.assumptions)])


def _facts(record: BuildRecord, structure: ValidatedStructure) -> str:
    totals = record.totals
    facts = {
        "build": record.build_id,
        "project": record.project_id,
        "user": record.user,
        "repository": record.repository,
        "commit": record.commit,
        "files": str(len(structure.files)),
        "model calls": str(totals.calls),
        "tokens": f"{totals.input_tokens:,} in, {totals.output_tokens:,} out",
        "cost": f"${totals.cost_usd:.4f}",
    }
    return "\n".join(f"- {name}: {plain(value)}" for name, value in facts.items())


def _stages(stages: StageTable, record: BuildRecord) -> str:
    rows = [
        (
            stage.label,
            plain(", ".join(done.models)),
            f"{done.usage.calls}",
            f"{done.usage.input_tokens:,}",
            f"{done.usage.output_tokens:,}",
            f"${done.usage.cost_usd:.4f}",
            f"{done.seconds:.1f}",
        )
        for stage in stages.stages
        if (done := record.stages.get(stage.number)) is not None
    ]
    head = ("stage", "model", "calls", "tokens in", "tokens out", "cost", "seconds")
    return table(head, rows, left=2).rstrip()


def _tests(tests: TestReport) -> str:
    if tests.status == "not-run":
        return f"Not run: {_told(tests.reason)}"
    counts = ", ".join(
        f"{tests.count(outcome)} {outcome}" for outcome in TestOutcome if tests.count(outcome)
    )
    parts = [f"{counts or 'none'}, run by {tests.runner} in {tests.sandbox}."]
    failed = [
        case for case in tests.cases if case.outcome in {TestOutcome.FAILED, TestOutcome.ERROR}
    ]
    parts += map(_failure, failed[:_FAILURES_SHOWN])
    if len(failed) > _FAILURES_SHOWN:
        parts.append(f"… and {len(failed) - _FAILURES_SHOWN} more, in {code(TESTS_REPORT)}.")
    if not tests.cases and tests.output.strip():
        parts += ["The runner's last words:", block(tests.output, end=True)]
    return "\n\n".join(parts)


def _failure(case: TestCaseResult) -> str:
    place = f"{code(case.path)} {code(case.name)}" if case.path else code(case.name)
    if "\n" in case.message.strip():
        return f"- {place}:\n\n{block(case.message, indent=2)}"
    return f"- {place}: {plain(case.message)}" if case.message.strip() else f"- {place}"


def _told(text: str) -> str:
    """A reason: a sentence, or a sentence and what a program said after it."""
    first = _first_line(text)
    rest = text.strip()[len(first) :].strip("\n")
    return f"{plain(first)}\n\n{block(rest)}" if rest else plain(first)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _issues(structure: ValidatedStructure) -> str:
    return "\n".join(
        f"- {issue.severity}: {plain(issue.place)}: {plain(issue.message)}"
        for issue in structure.issues
    )
