"""Stage 7: every file, as many at once as the order and the setting allow.

To 200 files, and 8 at once, each is a task run of its own, so that the UI shows every one. Beyond,
a task run is a batch of files with a table of them: what Prefect does for a task run, in the
build's thread and in one beside it, takes as long as all else about a file but its calls, and a
page of a thousand shows nobody anything.

Only calls count as written at once (`providers/llm/call_slots.py`): twice as many files are at
work, so that no model waits while a prompt is put together or a text goes through the gate.

A file of which every model's answers were refused is left empty, and the others are written: the
repository then is for review. Every other failure halts the build.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Cancelled

from core.artifacts.build_record import Usage
from core.errors import AnswersRefusedError, StageFailedError
from core.layout import CODE, FILE_PROMPTS
from core.stages import Stage
from tasks.code_generation import (
    FilePlan,
    commit_files,
    file_call,
    file_prompts,
    gate_beside,
    plan_files,
)
from tasks.engine.build_session import BuildSession
from tasks.engine.console import BatchTable, FileProgress
from tasks.engine.file_batch import perform_file, run_batch
from tasks.engine.kept_results import KeptResults
from tasks.engine.observed import observed_file, result_told
from tasks.engine.one_by_one import OneByOne
from tasks.engine.stage_call import StageCall, StageResult, as_text
from tasks.engine.stage_record import StageDone, recorded
from tasks.engine.stage_runner import run_call

FILES_AS_TASKS = 200
"""Most files of which each is a task run of its own."""

AT_ONCE_AS_TASKS = 8
"""Most files written at once of which each is a task run of its own; see docs/benchmarks.md."""

FILES_IN_BATCH = 50

AT_WORK = 2
"""Times as many files are at work as are asked for at once: others' prompts and texts are worked at
meanwhile. With 1.5, the last file often begins a call too late and takes a further round."""

T = TypeVar("T")


class LeftOutError(Exception):
    """A file did not get its turn, because another failed; never leaves the fan-out."""


@dataclass(frozen=True)
class WrittenFile:
    """A file that is there.

    Attributes:
        result: its text, and what it took.
        run: id of its task run; of a file in a batch there is none.
        refused: why no model's answer was accepted; the text is empty then.
    """

    result: StageResult
    run: UUID | None = None
    refused: str = ""


Perform = Callable[[StageCall, Sequence[str]], Awaitable[WrittenFile]]
"""Makes a file of its call, and of the paths of the files that it follows."""


class FileFanOut:
    """Writes the files of one build.

    A file that is refused is empty; those that import it are told what its contract promises. It is
    not kept, so that a build that is started again asks for it again.

    A file starts when the files it imports are written, not when a level is; the first failure
    keeps further files from starting, and those under way are waited for, so that what they cost
    is not lost.

    Args:
        session: the build.
        stage: row of stage 7.
        plan: what is to be written.
        progress: told of every file.
        at_the_end: left when all else of the stage is done; it waits for the tables of batches.
    """

    def __init__(
        self,
        session: BuildSession,
        stage: Stage,
        plan: FilePlan,
        progress: FileProgress,
        at_the_end: AsyncExitStack,
    ) -> None:
        self._session = session
        self._stage = stage
        self._plan = plan
        self._progress = progress
        self._at_the_end = at_the_end
        self._before = session.runs_before(stage)
        at_once = session.settings.files_at_once
        self._slots = asyncio.Semaphore(AT_WORK * at_once)
        self._starts = OneByOne()
        self._kept = KeptResults(session.results)
        self._ended = {path: asyncio.Event() for path in plan.order}
        self._files: dict[str, WrittenFile] = {}
        self._failed = False

    async def run(self) -> StageDone:
        """Write every file.

        Returns:
            The files by path in the order of the plan, what they took, and the ids of the task runs
            that no other of the stage follows.

        Raises:
            StageFailedError: a file could not be written, for another reason than its content.
        """
        at_once = min(len(self._plan.order), self._session.settings.files_at_once)
        together = len(self._plan.order) > FILES_AS_TASKS or at_once > AT_ONCE_AS_TASKS
        runs = await (self._in_batches() if together else self._as_tasks())
        results = {path: self._files[path].result for path in self._plan.order}
        return StageDone(
            result=StageResult(
                outputs={CODE + path: self._text(path) for path in results},
                usage=sum((result.usage for result in results.values()), Usage()),
                models=tuple(
                    dict.fromkeys(model for result in results.values() for model in result.models)
                ),
            ),
            runs=tuple(run for run in runs if run is not None),
            attempts=max((self._attempts(path) for path in results), default=0),
        )

    @property
    def refused(self) -> dict[str, str]:
        """Why no answer was accepted, by path, of the files that are left empty."""
        written = ((path, self._files[path]) for path in self._plan.order)
        return {path: file.refused for path, file in written if file.refused}

    async def _as_tasks(self) -> list[UUID | None]:
        """A task run for each file."""

        async def perform(call: StageCall, imported: Sequence[str]) -> WrittenFile:
            runs = (self._files[other].run for other in imported)
            after = [*self._before, *(run for run in runs if run is not None)]
            return WrittenFile(*await run_call(self._session, self._stage, call, after))

        order = self._plan.order
        await _all_of([self._write(path, perform) for path in order])
        imported = {other for others in order.values() for other in others}
        return [self._files[path].run for path in order if path not in imported]

    async def _in_batches(self) -> list[UUID | None]:
        """A task run for each batch, all begun at once: a file may wait for one of any other."""
        paths = list(self._plan.order)
        starts = range(0, len(paths), FILES_IN_BATCH)
        await self._at_the_end.enter_async_context(gate_beside(self._session))
        return await _all_of(
            [
                self._batch(number, paths[start : start + FILES_IN_BATCH])
                for number, start in enumerate(starts, 1)
            ]
        )

    async def _batch(self, number: int, paths: Sequence[str]) -> UUID | None:
        table = BatchTable(self._session, number, paths)

        async def perform(call: StageCall, _: Sequence[str]) -> WrittenFile:
            try:
                result = await perform_file(self._session, self._stage, call, self._kept)
            except StageFailedError as error:
                table.failed(call.file, error.attempts, error.reason)
                raise
            table.written(call.file, self._attempts(call.file), result)
            return WrittenFile(result)

        async def write() -> State[Any] | None:
            await self._at_the_end.enter_async_context(table)  # here, for the task run it is of
            try:
                await _all_of([self._write(path, perform) for path in paths])
            except LeftOutError as error:
                return Cancelled(message=str(error))
            finally:
                table.ended()
            return None

        first = (number - 1) * FILES_IN_BATCH + 1
        name = f"{self._stage.label} files {first}-{first + len(paths) - 1} of {len(self._ended)}"
        return await run_batch(self._session, self._stage, name, paths, write, self._before)

    async def _write(self, path: str, perform: Perform) -> None:
        """Write one file when it is its turn."""
        try:
            imported = self._plan.order[path]
            for other in imported:
                await self._ended[other].wait()
            async with self._slots:
                await self._starts.turn()
                self._go_on()
                there = (other for other in imported if not self._files[other].refused)
                texts = {other: self._text(other) for other in there}
                call = file_call(self._session, self._stage, self._plan, path, texts)
                self._files[path] = await self._performed(perform, call, imported)
        except BaseException:
            self._failed = True
            raise
        finally:
            self._ended[path].set()
        self._progress.file_written(path, self._files[path].result.usage)

    async def _performed(
        self, perform: Perform, call: StageCall, imported: Sequence[str]
    ) -> WrittenFile:
        try:
            with observed_file(call.file) as observed:
                written = await perform(call, imported)
                result_told(observed, written.result.usage, self._attempts(call.file))
                return written
        except StageFailedError as error:
            if error.cause != AnswersRefusedError.__name__:
                raise
            get_run_logger().warning("Left empty, and the build is for review: %s", error.reason)
            return WrittenFile(StageResult(outputs={CODE + call.file: ""}), refused=error.reason)

    def _go_on(self) -> None:
        if self._failed:
            raise LeftOutError("another file could not be written")

    def _text(self, path: str) -> str:
        return self._files[path].result.outputs[CODE + path]

    def _attempts(self, path: str) -> int:
        return self._session.attempts[f"{self._stage.label} {path}"]


async def _all_of(writing: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Wait for all of it, and only then raise what failed first in this order."""
    ends = await asyncio.gather(*writing, return_exceptions=True)
    failures = [end for end in ends if isinstance(end, BaseException)]
    if failures:
        raise next((end for end in failures if not isinstance(end, LeftOutError)), failures[0])
    return [end for end in ends if not isinstance(end, BaseException)]


async def write_files(session: BuildSession, stage: Stage) -> None:
    """Write all files, then commit them in the plan's order.

    Raises:
        StageFailedError: a file could not be written, for another reason than its content; the
            build is halted.
    """
    async with AsyncExitStack() as at_the_end, recorded(session, stage) as done:
        plan = plan_files(session)
        # Left only after all else is done, which need not wait for the last look of bar and tables.
        progress = await at_the_end.enter_async_context(FileProgress(session, len(plan.order)))
        fan_out = FileFanOut(session, stage, plan, progress, at_the_end)
        written = await fan_out.run()
        done.all_asked.set()
        texts = {path: written.result.outputs[CODE + path] for path in plan.order}
        commit = await commit_files(session, plan, texts)
        if fan_out.refused != session.recorder.record.unwritten:
            await session.recorder.update(unwritten=fan_out.refused)
        outputs = {
            **written.result.outputs,
            CODE: commit,
            FILE_PROMPTS: as_text(file_prompts(session, plan, fan_out.refused)),
        }
        done.result = written.result.model_copy(update={"outputs": outputs})
        done.runs, done.attempts = written.runs, written.attempts
