"""Mends a repository: ask, apply, test, keep what is better, go back from what is not."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codegen.debugging import focus_of, in_order_of_hope, is_of_machine, label_of
from codegen.failure_analysis import run_signature
from core.artifacts.failure import Failure
from core.artifacts.fixes import Fix, FixOutcome
from core.errors import AnswerError, CallLimitError, SpendingLimitError
from core.settings import FixingLimits
from prompts.contexts import Attempt
from tasks.fixing.journal import Journal
from tasks.fixing.question import Debugger, Problem
from tasks.fixing.trial import Trial, try_change
from tasks.fixing.workbench import State, Workbench

MOST_RETURNS = 2
"""How often the same failures may come back before a round ends."""

_SHARE_USED = "The share of the build's limits that attempts may use up is gone:"


@dataclass
class Course:
    """How the loop goes.

    Attributes:
        state: the best commit so far: only what is better is gone on from.
        attempts: every attempt so far, over all rounds.
        stopped: why the last round ended, in a sentence.
        told: called with every attempt that is over.
    """

    state: State
    attempts: list[Fix] = field(default_factory=list[Fix])
    stopped: str = ""
    told: Callable[[Fix], None] = field(kw_only=True)

    def note(self, fix: Fix) -> None:
        """Add an attempt, with the next number, and tell of it."""
        numbered = fix.model_copy(update={"number": len(self.attempts) + 1})
        self.attempts.append(numbered)
        self.told(numbered)


class FixLoop:
    """Rounds of attempts; each round has as many as the settings allow.

    Args:
        bench: the repository.
        debugger: asks models.
        journal: what is known already.
        limits: the settings.
        told: called with every attempt that is over, also with one that is known from a journal.
    """

    def __init__(
        self,
        bench: Workbench,
        debugger: Debugger,
        journal: Journal,
        limits: FixingLimits,
        told: Callable[[Fix], None],
    ) -> None:
        self._told = told
        self._bench = bench
        self._debugger = debugger
        self._journal = journal
        self._limits = limits
        self._tried: list[Attempt] = []

    async def run(self, start: str, guidance: Sequence[str]) -> Course:
        """Mend a commit as well as can be.

        Args:
            start: full id of the commit.
            guidance: what a person advised, for each round after the first.

        Raises:
            AppBuilderError: a provider, the sandbox, the store or git failed; a budget that is
                used up is none of it.
        """
        course = Course(state=await self._bench.state_at(start), told=self._told)
        for number, advice in enumerate(("", *guidance)):
            if course.state.run.green:
                break
            await self._debugger.begin_round(number)
            course.stopped = await self._round(course, number, advice)
        return course

    async def _round(self, course: Course, number: int, advice: str) -> str:
        """Make the attempts of one round; returns why there is no further one."""
        faced: Counter[str] = Counter()
        declined: set[str] = set()
        give_up = time.monotonic() + self._limits.seconds
        for _ in range(self._limits.iterations):
            if course.state.run.green:
                break
            failures = in_order_of_hope(course.state.run.failures)
            left = [one for one in failures if one.signature not in declined]
            if not left:
                return _nothing_left(failures)
            # By its commit as well: where a test got further, the same words are new ones.
            facing = f"{course.state.commit} {run_signature(left)}"
            faced[facing] += 1
            if faced[facing] > MOST_RETURNS:
                return "The same failures came back twice."
            if time.monotonic() > give_up:
                return f"The {self._limits.seconds:g} s for a round of attempts were used up."
            try:
                await self._attempt(course, number, advice, left, declined)
            except (CallLimitError, SpendingLimitError) as error:
                return f"{_SHARE_USED} {error}"
        if course.state.run.green:
            return "Everything is green."
        return f"All {self._limits.iterations} attempts of a round were made."

    async def _attempt(
        self,
        course: Course,
        number: int,
        advice: str,
        left: Sequence[Failure],
        declined: set[str],
    ) -> None:
        state = course.state
        focus = focus_of(left)
        others = tuple(one for one in state.run.failures if one not in focus)
        problem = Problem(state, focus, others, tuple(self._tried), advice)
        fix = Fix(
            number=1,
            round=number,
            failing=label_of(focus[0]),
            signature=state.run.signature,
            failures_before=len(state.run.failures),
            outcome=FixOutcome.UNUSABLE,
        )
        context = self._debugger.context(problem)
        question = context.model_dump_json()
        refused = await self._journal.refusal_of(question)
        if refused is None:
            try:
                proposal = await self._debugger.ask(problem, context)
            except AnswerError as error:
                refused = str(error)
                await self._journal.keep_refusal(question, refused)
            else:
                await self._try(course, await try_change(self._bench, problem, proposal), fix)
                if proposal.no_change:
                    declined.update(one.signature for one in focus)
                return
        self._tried.append(Attempt(edit="", outcome=f"No answer could be used: {refused}"))
        course.note(fix.model_copy(update={"detail": refused}))

    async def _try(self, course: Course, trial: Trial, fix: Fix) -> None:
        """Note an attempt, and go on from what it led to, or from where it began."""
        course.note(fix.model_copy(update={**trial.told, "kept": trial.state is not None}))
        if trial.state is not None:
            course.state = trial.state
            return
        self._tried.append(trial.lesson)
        if trial.told["commit"]:
            await self._bench.go_back(course.state.commit)


def _nothing_left(failures: Sequence[Failure]) -> str:
    if not failures:
        return "Nothing failed that an edit could mend; something could not be run."
    told = "The model knows of no permitted change that would help"
    if all(is_of_machine(failure) for failure in failures):
        return f"{told}: what fails seems due to the machine the tests ran on."
    return f"{told}."
