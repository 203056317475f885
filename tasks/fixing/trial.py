"""Tries one change: commits it, tests what it concerns, then everything, and judges it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codegen.debugger_answer import Proposal
from codegen.debugging import failing_test_files, label_of
from codegen.runners.limiting import can_be_limited
from core.artifacts.failure import Failure
from core.artifacts.fixes import FixOutcome
from prompts.contexts import Attempt
from tasks.engine.verification import Verification
from tasks.fixing.question import Problem
from tasks.fixing.workbench import State, Workbench

_SUBJECT_CHARACTERS = 100
_EDIT_CHARACTERS = 6_000
_SHOWN = 5


@dataclass(frozen=True)
class Trial:
    """What came of a change.

    Attributes:
        told: fields of the `Fix` that records it.
        lesson: what the next question says of it.
        state: the repository with the change, where that is better; else `None`.
    """

    told: dict[str, Any]
    lesson: Attempt
    state: State | None = None


async def try_change(bench: Workbench, problem: Problem, proposal: Proposal) -> Trial:
    """Commit a change and see what it does; the caller goes back where it does no good.

    Raises:
        SandboxError, VersionControlError, StorageError: our own machinery failed.
    """
    if proposal.no_change:
        return _trial(proposal, FixOutcome.NO_CHANGE, proposal.no_change)
    before = problem.state
    commit = await bench.commit(
        before.commit, commit_message(problem.focus, proposal.cause), proposal.changed
    )
    quick = await _quick_look(bench, problem, proposal, commit)
    if quick is not None:
        detail = f"The same failed again: {_named(quick.failures)}"
        return _trial(proposal, FixOutcome.UNCHANGED, detail, commit)
    after = await bench.state_at(commit)
    outcome = outcome_of(before, after)
    detail = " ".join(filter(None, [_gone(before.tests_gone(after)), _seen(after.run)]))
    return _trial(proposal, outcome, detail, commit, after=after)


def commit_message(focus: Sequence[Failure], cause: str) -> str:
    """The message of a fix: the failing test in its subject, the cause and the other tests below.

    It depends on nothing but what failed and what the model said.
    """
    label = label_of(focus[0])
    subject = f"Fix {label}"
    cut = subject if len(subject) <= _SUBJECT_CHARACTERS else f"{subject[:_SUBJECT_CHARACTERS]}…"
    body = [cause] if cause else []
    if cut != subject:
        body.append(f"Failed: {label}")
    if others := [f"- {label_of(failure)}" for failure in focus[1:]]:
        body.append("\n".join(["Failed as well:", *others]))
    return "\n\n".join([cut, *body]) + "\n"


async def _quick_look(
    bench: Workbench, problem: Problem, proposal: Proposal, commit: str
) -> Verification | None:
    """Run only the tests that the change concerns; what it shows if the change mended nothing."""
    state = problem.state
    concerned = state.graph.tests_of(proposal.changed)
    failing = failing_test_files(problem.focus, state.texts)
    if concerned is None or not failing:
        return None  # no test file shows it, so everything has to be run
    if {case.path for case in state.run.report.cases if case.path} <= concerned | failing:
        return None  # that would be everything
    if not can_be_limited(state.texts, concerned | failing):
        return None  # their runner would run everything
    quick = await bench.verified(commit, only=sorted(concerned | failing))
    before = {failure.signature for failure in problem.focus}
    if not before <= {failure.signature for failure in quick.failures}:
        return None
    texts = {**state.texts, **proposal.changed}
    seen = State(commit, {path: text for path, text in texts.items() if text is not None}, quick)
    return None if get_further(state, seen) else quick


def outcome_of(before: State, after: State) -> FixOutcome:
    """What came of a change, by what ran before and after it."""
    if before.tests_gone(after):
        return FixOutcome.WORSE  # tests that are no longer run show nothing, however green
    if after.run.green:
        return FixOutcome.MENDED
    if after.standing != before.standing:
        return FixOutcome.BETTER if after.standing < before.standing else FixOutcome.WORSE
    if get_further(before, after):
        return FixOutcome.BETTER
    same = after.run.signature == before.run.signature
    return FixOutcome.UNCHANGED if same else FixOutcome.CHANGED


def get_further(before: State, after: State) -> bool:
    """Whether tests that still fail do so at a later line of theirs, and none at an earlier one."""
    lines = [_failing_lines(state) for state in (before, after)]
    both = [
        test
        for test in lines[0].keys() & lines[1].keys()
        if before.texts.get(test[0]) == after.texts.get(test[0])
    ]
    steps = [lines[1][test] - lines[0][test] for test in both]
    return any(step > 0 for step in steps) and all(step >= 0 for step in steps)


def _failing_lines(state: State) -> dict[tuple[str, str], int]:
    """The first line of its own file at which each failed test gave up."""
    return {
        (failure.test_path, failure.test): frame.line
        for failure in state.run.failures
        for frame in reversed(failure.frames)
        if frame.path == failure.test_path
    }


def _trial(
    proposal: Proposal,
    outcome: FixOutcome,
    detail: str,
    commit: str = "",
    *,
    after: State | None = None,
) -> Trial:
    told: dict[str, Any] = {
        "cause": proposal.cause,
        "paths": tuple(sorted(proposal.changed)),
        "outcome": outcome,
        "detail": detail,
        "commit": commit,
        "failures_after": len(after.run.failures) if after else None,
    }
    lesson = Attempt(edit=proposal.answer[:_EDIT_CHARACTERS], outcome=f"{outcome}: {detail}")
    good = outcome in {FixOutcome.MENDED, FixOutcome.BETTER}
    return Trial(told, lesson, after if good else None)


def _gone(tests: Sequence[str]) -> str:
    if not tests:
        return ""
    more = f" and {len(tests) - _SHOWN} more" if len(tests) > _SHOWN else ""
    return f"Tests that ran before did not run any more: {', '.join(tests[:_SHOWN])}{more}."


def _seen(run: Verification) -> str:
    return "" if run.green else f"{run.report.reason} {_named(run.failures)}".strip()


def _named(failures: Sequence[Failure]) -> str:
    """Failures in a sentence or two, the first ones with what they said."""
    told = [
        f"{label_of(failure)}: {' '.join(f'{failure.error} {failure.message}'.split())[:300]}"
        for failure in failures[:_SHOWN]
    ]
    more = len(failures) - _SHOWN
    return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])])
