"""Writes the report of a build as Markdown."""

from core.artifacts.build_record import BuildRecord
from core.artifacts.report import TestOutcome, TestReport
from core.artifacts.structure import ValidatedStructure
from core.stages import StageTable


def write_report(
    table: StageTable, record: BuildRecord, structure: ValidatedStructure, tests: TestReport
) -> str:
    """What was built, by which models, at what cost, and what was not verified."""
    parts = [
        f"# {record.project_name}",
        _verdict(record, tests),
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
        parts += ["## Edited by hand", "\n".join(f"- `{path}`" for path in record.edited)]
    return "\n\n".join(parts) + "\n"


def _verdict(record: BuildRecord, tests: TestReport) -> str:
    lines: list[str] = []
    if record.demo:
        lines.append(
            f"**A demo model wrote {_share(record)}**, not a real one. It always writes FastAPI "
            "with SQLite, whatever stack was chosen."
        )
    if tests.status == "green":
        lines.append(f"The tests are green. The repository is on `{record.branch}`.")
    else:
        lines.append(
            f"**This is not verified**, so it is on the review branch `{record.branch}`: "
            f"{tests.reason}"
        )
    return "\n\n".join(lines)


def _share(record: BuildRecord) -> str:
    models = {model for stage in record.stages.values() for model in stage.models}
    return "this" if models <= {"demo/demo"} else "part of this (see the stages)"


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
    return "\n".join(f"- {name}: {_plain(value)}" for name, value in facts.items())


def _stages(table: StageTable, record: BuildRecord) -> str:
    rows = [
        "| stage | model | calls | tokens in | tokens out | cost | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for stage in table.stages:
        done = record.stages.get(stage.number)
        if done is None:
            continue
        usage = done.usage
        rows.append(
            f"| {stage.label} | {_plain(', '.join(done.models))} | {usage.calls} "
            f"| {usage.input_tokens:,} | {usage.output_tokens:,} | ${usage.cost_usd:.4f} "
            f"| {done.seconds:.1f} |"
        )
    return "\n".join(rows)


def _tests(tests: TestReport) -> str:
    if tests.status == "not-run":
        return f"Not run: {tests.reason}"
    counts = ", ".join(
        f"{tests.count(outcome)} {outcome}" for outcome in TestOutcome if tests.count(outcome)
    )
    lines = [f"{counts or 'none'}, run by {tests.runner} in {tests.sandbox}."]
    failed = [
        case for case in tests.cases if case.outcome in {TestOutcome.FAILED, TestOutcome.ERROR}
    ]
    lines += [f"- `{case.path}` {case.name}: {_plain(case.message)}" for case in failed]
    return "\n".join(lines)


def _issues(structure: ValidatedStructure) -> str:
    return "\n".join(
        f"- {issue.severity}: {_plain(issue.place)}: {_plain(issue.message)}"
        for issue in structure.issues
    )


def _plain(text: str) -> str:
    """A person's or model's text on one line, unable to start a table cell or heading."""
    return " ".join(text.split()).replace("|", "\\|")
