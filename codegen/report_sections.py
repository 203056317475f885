"""The parts of a report that say what was run, what failed, and what was tried about it."""

from core.artifacts.fixes import Fix, Fixes
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.layout import FIXES, TESTS_REPORT
from core.markdown import block, code, plain, table

_FAILURES_SHOWN = 25
_ATTEMPTS_SHOWN = 40


def tests_section(tests: TestReport) -> str:
    """How the tests went, every step, and each test that failed with what it said."""
    if tests.status == "not-run":
        parts = [f"Not run: {_told(tests.reason)}"]
        return "\n\n".join([*parts, *_steps(tests)])
    parts = [f"{_counts(tests)} in {tests.sandbox}.", *_steps(tests)]
    failed = _failed(tests)
    parts += map(_failure, failed[:_FAILURES_SHOWN])
    if len(failed) > _FAILURES_SHOWN:
        parts.append(f"… and {len(failed) - _FAILURES_SHOWN} more, in {code(TESTS_REPORT)}.")
    if not tests.cases and tests.output.strip():
        parts += ["The runner's last words:", block(tests.output, end=True)]
    return "\n\n".join(parts)


def tests_outcome(tests: TestReport) -> str:
    """How the tests went: only what is the same whenever and wherever the same fails."""
    if tests.status == "not-run":
        return "No test was run."
    rows = [(plain(step.name), step.kind, step.status) for step in tests.steps]
    parts = [f"{_counts(tests)}."]
    parts += [table(("step", "kind", "outcome"), rows).rstrip()] if rows else []
    failed = _failed(tests)
    if failed:
        lines = [f"- {_place(case)}" for case in failed[:_FAILURES_SHOWN]]
        more = len(failed) - _FAILURES_SHOWN
        lines += [f"- … and {more} more"] if more > 0 else []
        parts.append("Failed:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _counts(tests: TestReport) -> str:
    counts = [
        f"{tests.count(outcome)} {outcome}" for outcome in TestOutcome if tests.count(outcome)
    ]
    by = f", run by {tests.runner}" if tests.runner else ""
    return f"{', '.join(counts) or 'none'}{by}"


def _failed(tests: TestReport) -> list[TestCaseResult]:
    bad = {TestOutcome.FAILED, TestOutcome.ERROR}
    return [case for case in tests.cases if case.outcome in bad]


def _place(case: TestCaseResult) -> str:
    return f"{code(case.path)} {code(case.name)}" if case.path else code(case.name)


def _steps(tests: TestReport) -> list[str]:
    rows = [
        (plain(step.name), step.kind, step.status, plain(first_line(step.reason)))
        for step in tests.steps
    ]
    return [table(("step", "kind", "outcome", "why"), rows).rstrip()] if rows else []


def _failure(case: TestCaseResult) -> str:
    place = _place(case)
    if "\n" in case.message.strip():
        return f"- {place}:\n\n{block(case.message, indent=2)}"
    return f"- {place}: {plain(case.message)}" if case.message.strip() else f"- {place}"


def first_line(text: str) -> str:
    """The sentence that a reason begins with."""
    return text.strip().partition("\n")[0]


def _told(text: str) -> str:
    """A reason: a sentence, or a sentence and what a program said after it."""
    first = first_line(text)
    rest = text.strip()[len(first) :].strip("\n")
    return f"{plain(first)}\n\n{block(rest)}" if rest else plain(first)


def fixes_section(fixes: Fixes) -> str:
    """What was tried to mend what failed, and what came of it."""
    rows = [_attempt(fix) for fix in fixes.attempts[:_ATTEMPTS_SHOWN]]
    head = ("", "about", "the model's cause", "files", "outcome", "failing", "commit")
    parts = [table(head, rows).rstrip()] if rows else []
    if len(fixes.attempts) > _ATTEMPTS_SHOWN:
        parts.append(f"… and {len(fixes.attempts) - _ATTEMPTS_SHOWN} more, in {code(FIXES)}.")
    if fixes.stopped:
        parts.append(f"Why it ended: {plain(fixes.stopped)}")
    if fixes.guidance:
        lines = "\n".join(f"- {plain(text) or 'none'}" for text in fixes.guidance)
        parts.append(f"A person's guidance:\n\n{lines}")
    return "\n\n".join(parts)


def _attempt(fix: Fix) -> tuple[str, ...]:
    after = "" if fix.failures_after is None else f" → {fix.failures_after}"
    kept = code(fix.commit[:12]) if fix.kept else "–"
    return (
        str(fix.number),
        code(fix.failing),
        plain(fix.cause) or "–",
        ", ".join(map(code, fix.paths)) or "–",
        fix.outcome,
        f"{fix.failures_before}{after}",
        kept,
    )
