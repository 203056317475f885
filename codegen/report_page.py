"""Writes the report of a build as Markdown: for people, and for the repository itself."""

from collections.abc import Iterable, Sequence

from codegen.change_section import change_section
from codegen.failure_message import stable
from codegen.report_sections import first_line, fixes_section, tests_outcome, tests_section
from core.artifacts.build_report import BuildReport, FileLine
from core.markdown import block, code, plain, table

_FILES_SHOWN = 200


def report_page(report: BuildReport) -> str:
    """Everything, with what the build cost and how long it took."""
    return _page(
        [
            f"# {plain(report.project_name)}",
            _verdict(report, f"is on {code(report.branch)}", report.tests.reason),
            *_changed(report),
            *_answered(report),
            *_decided(report),
            "## Build",
            _facts(report),
            "## Stages",
            _stages_with_cost(report),
            *_outcome(report, tests_section(report.tests), report.unverified),
            "## Files",
            _files_with_attempts(report),
            *_left(report),
            *_edited(report),
        ]
    )


def committed_page(report: BuildReport) -> str:
    """What goes into the repository itself.

    It depends on the questionnaire, the answers and what the tests showed alone, so that the same
    build has the same commit on any machine: there is nothing in it of times, prices, places and
    retries.
    """
    report = report.model_copy(update={"branch": ""})
    unverified = [stable(text) for text in report.unverified]
    return _page(
        [
            f"# Build report of {plain(report.project_name)}",
            _verdict(report, _place(report), stable(report.tests.reason)),
            *_changed(report),
            *_answered(report),
            *_decided(report),
            "## Stages",
            _stages(report),
            *_outcome(report, tests_outcome(report.tests), unverified),
            "## Files",
            _files(report),
            *_left(report),
        ]
    )


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _verdict(report: BuildReport, place: str, reason: str) -> str:
    lines: list[str] = []
    if report.demo:
        lines.append(
            f"**A demo model wrote {_share(report)}**, not a real one. It always writes FastAPI "
            "with SQLite, whatever stack was chosen."
        )
    if report.tests.status == "green":
        lines.append(f"The tests are green. The repository {place}.")
    else:
        where = f" {code(report.branch)}" if report.branch else ""
        lines.append(
            f"**This is not verified**, so it is on the review branch{where}: "
            f"{plain(first_line(reason))}"
        )
    return "\n\n".join(lines)


def _share(report: BuildReport) -> str:
    models = {model for stage in report.stages for model in stage.models}
    return "this" if models <= {"demo/demo"} else "part of this (see the stages)"


def _place(report: BuildReport) -> str:
    return "is for the default branch" if report.change else "is on the default branch"


def _changed(report: BuildReport) -> list[str]:
    return ["## What changed", change_section(report.change)] if report.change else []


def _answered(report: BuildReport) -> list[str]:
    rows = [
        (
            plain(one.question),
            plain(one.answer),
            "answered" if one.answered_by == "person" else "assumed",
        )
        for one in report.questions
    ]
    return ["## Questions", table(("question", "answer", "how"), rows)] if rows else []


def _decided(report: BuildReport) -> list[str]:
    lines = "\n".join(f"- {text}" for text in report.decisions)
    return ["## Decided for you", lines] if lines else []


def _facts(report: BuildReport) -> str:
    totals = report.totals
    facts = {
        "build": report.build_id,
        "project": report.project_id,
        "user": report.user,
        "releases that made it": ", ".join(report.releases),
        "repository": report.repository,
        "commit": report.commit,
        "tested commit": report.tests.commit,
        "files": str(len(report.files)),
        "model calls": str(totals.calls),
        "tokens": f"{totals.input_tokens:,} in, {totals.output_tokens:,} out",
        "cost": f"${totals.cost_usd:.4f}",
        "time": f"in their last runs the stages took {_seconds(report):,.1f} s",
    }
    return "\n".join(f"- {name}: {plain(value)}" for name, value in facts.items() if value)


def _seconds(report: BuildReport) -> float:
    return sum(stage.seconds for stage in report.stages)


def _stages_with_cost(report: BuildReport) -> str:
    rows = [
        (
            f"{stage.number} {stage.name}",
            plain(", ".join(stage.models)),
            str(stage.attempts),
            f"{stage.usage.calls}",
            f"{stage.usage.input_tokens:,}",
            f"{stage.usage.output_tokens:,}",
            f"${stage.usage.cost_usd:.4f}",
            f"{stage.seconds:.1f}",
        )
        for stage in report.stages
    ]
    head = ("stage", "model", "attempts", "calls", "tokens in", "tokens out", "cost", "seconds")
    return table(head, rows, left=2)


def _stages(report: BuildReport) -> str:
    rows = [
        (
            f"{stage.number} {stage.name}",
            plain(", ".join(stage.models)),
            f"{stage.usage.calls}",
            f"{stage.usage.input_tokens:,}",
            f"{stage.usage.output_tokens:,}",
        )
        for stage in report.stages
    ]
    return table(("stage", "model", "calls", "tokens in", "tokens out"), rows, left=2)


def _outcome(report: BuildReport, tests: str, unverified: Sequence[str]) -> list[str]:
    parts: list[str] = []
    if report.unwritten:
        lines = [
            f"- {code(path)}:\n\n{block(stable(reason), indent=2)}"
            for path, reason in report.unwritten.items()
        ]
        parts += ["## Files that no model wrote acceptably", "\n".join(lines)]
    parts += ["## Tests", tests]
    if report.fixes.attempts or report.fixes.stopped:
        parts += ["## Fixes", fixes_section(report.fixes)]
    if unverified:
        lines = "\n".join(f"- {plain(first_line(text))}" for text in unverified)
        parts += ["## Not verified", lines]
    return parts


def _files_with_attempts(report: BuildReport) -> str:
    rows = [
        (
            code(file.path),
            _origin(file),
            str(file.attempts),
            str(file.calls),
            f"{file.prompt_tokens:,}",
            f"${file.cost_usd:.4f}",
        )
        for file in report.files[:_FILES_SHOWN]
    ]
    head = ("file", "written by", "attempts", "calls", "prompt tokens", "cost")
    return table(head, rows, left=2) + _more_files(report) + _cut(report)


def _cut(report: BuildReport) -> str:
    lines = [
        f"- {code(file.path)}: {plain('; '.join(file.cut))}" for file in report.files if file.cut
    ]
    told = "\n\nWhat did not fit into the prompts about a file:\n\n" + "\n".join(lines)
    return told if lines else ""


def _files(report: BuildReport) -> str:
    rows = [(code(file.path), _origin(file)) for file in report.files[:_FILES_SHOWN]]
    return table(("file", "written by"), rows) + _more_files(report)


def _origin(file: FileLine) -> str:
    if not file.characters:
        return "nobody: it is empty"
    origin = f"template {code(file.template)}" if file.template else "model"
    if file.fixes:
        origin += f", mended by {', '.join(f'fix {number}' for number in file.fixes)}"
    return origin


def _more_files(report: BuildReport) -> str:
    more = len(report.files) - _FILES_SHOWN
    return f"\n… and {more:,} more." if more > 0 else ""


def _left(report: BuildReport) -> list[str]:
    parts: list[str] = []
    if report.issues:
        lines = [
            f"- {issue.severity}: {plain(issue.place)}: {plain(issue.message)}"
            for issue in report.issues
        ]
        parts += ["## Issues left standing", "\n".join(lines)]
    return parts


def _edited(report: BuildReport) -> list[str]:
    if not report.edited:
        return []
    return ["## Edited by hand", "\n".join(f"- {code(path)}" for path in report.edited)]
