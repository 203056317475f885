"""Asks the debugger for one change: what it is shown, and how its answer is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.debugged_files import files_to_show
from codegen.debugger_answer import Proposal, read_proposal
from codegen.debugging import failure_text
from core.artifacts.failure import Failure
from core.artifacts.structure import ValidatedStructure
from prompts.contexts import (
    Attempt,
    Attempts,
    DebuggerContext,
    ModuleTests,
    ProjectFacts,
    SourceFile,
    SourceFiles,
)
from tasks.engine.stage_work import StageWork
from tasks.fixing.budget import own_limits
from tasks.fixing.workbench import State

_FILES_SHARE = 0.6
_TRIED_SHARE = 0.15
"""Shares of the longest prompt that an operator allows."""


@dataclass(frozen=True)
class Problem:
    """What is to be mended in a state of the repository.

    Attributes:
        state: where it fails.
        focus: the failures to be mended first.
        others: what fails besides.
        tried: what did not help, oldest first.
        guidance: what a person advised; empty if nobody did.
    """

    state: State
    focus: tuple[Failure, ...]
    others: tuple[Failure, ...] = ()
    tried: tuple[Attempt, ...] = ()
    guidance: str = ""


class Debugger:
    """Puts questions about one repository.

    Args:
        work: the stage that asks.
        project: what every prompt says of the project.
        structure: what the repository should be.
    """

    def __init__(
        self, work: StageWork, project: ProjectFacts, structure: ValidatedStructure
    ) -> None:
        self._work = work
        self._project = project
        self._structure = structure
        self._contracts = {file.path: file for file in structure.files}
        self._protected = frozenset(test.path for test in structure.tests)

    async def begin_round(self, number: int) -> None:
        """Let a round of attempts have a share of the build's limits of its own.

        Args:
            number: from 0, over all rounds.

        Raises:
            StorageError: the ledger failed.
        """
        limits = await own_limits(self._work.session, self._work.stage, number + 1)
        self._work.hold_to(*limits)

    def context(self, problem: Problem) -> DebuggerContext:
        """Everything that the model is given."""
        most = self._work.session.settings.calls.prompt_characters
        state = problem.state
        shown, unseen = files_to_show(
            state.texts, state.graph, problem.focus, self._structure, int(most * _FILES_SHARE)
        )
        tests = tuple(test for test in self._structure.tests if test.path in shown)
        files = tuple(SourceFile(path=path, content=state.texts[path]) for path in shown)
        return DebuggerContext(
            project=self._project,
            failure=failure_text(problem.focus, problem.others, unseen),
            files=SourceFiles(files=files),
            tests=ModuleTests(tests=tests),
            tried=Attempts(attempts=_latest(problem.tried, int(most * _TRIED_SHARE))),
            guidance=problem.guidance,
        )

    async def ask(self, problem: Problem, context: DebuggerContext) -> Proposal:
        """Ask for a change that can be applied; a model whose answer cannot be is told why.

        Raises:
            AnswerError: no model gave one.
            AppBuilderError: as of `StageWork.ask_text`.
        """
        texts = problem.state.texts
        shown = {file.path for file in context.files.files}

        def parse(answer: str) -> Proposal:
            return read_proposal(
                answer,
                texts,
                shown=shown,
                protected=self._protected,
                contracts=self._contracts,
                dependencies=self._structure.dependencies,
            )

        return await self._work.ask_text(context, parse)


def _latest(tried: Sequence[Attempt], room: int) -> tuple[Attempt, ...]:
    """The last attempts that fit, in their order."""
    fitting: list[Attempt] = []
    for attempt in reversed(tried):
        room -= len(attempt.model_dump_json())
        if room < 0:
            break
        fitting.append(attempt)
    return tuple(reversed(fitting))
