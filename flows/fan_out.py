"""Stage 7: one awaited task per file, as many at once as the order and the setting allow."""

import asyncio
from typing import Any

from prefect.client.schemas.objects import State

from core.artifacts.build_record import Usage
from core.layout import CODE
from core.stages import Stage
from tasks.code_generation import FilePlan, commit_files, file_call, plan_files
from tasks.engine.build_session import BuildSession
from tasks.engine.console import FileProgress
from tasks.engine.stage_call import StageResult
from tasks.engine.stage_record import recorded
from tasks.engine.stage_runner import run_call


class FileFanOut:
    """Writes the files of one build.

    A file starts when the files it imports are written, not when a level is; the first failure
    keeps further files from starting, and those under way are waited for, so that what they cost
    is not lost.
    """

    def __init__(self, session: BuildSession, stage: Stage, plan: FilePlan) -> None:
        self._session = session
        self._stage = stage
        self._plan = plan
        self._slots = asyncio.Semaphore(session.settings.files_at_once)
        self._progress = FileProgress(session, len(plan.order))
        self._before = session.states_before(stage)
        self._written: dict[str, asyncio.Task[tuple[StageResult, State[Any]]]] = {}
        self._failed = asyncio.Event()

    async def run(self) -> dict[str, tuple[StageResult, State[Any]]]:
        """Write every file.

        Returns:
            Results and final states by path, in the order of the plan.

        Raises:
            StageFailedError: a file could not be written.
        """
        await self._progress.start()
        for path in self._plan.order:
            self._written[path] = asyncio.create_task(self._write(path), name=path)
        outcomes = await asyncio.gather(*self._written.values(), return_exceptions=True)
        failures = [
            outcome
            for outcome in outcomes
            if isinstance(outcome, BaseException)
            and not isinstance(outcome, asyncio.CancelledError)
        ]
        if failures:
            raise failures[0]
        return {path: task.result() for path, task in self._written.items()}

    async def _write(self, path: str) -> tuple[StageResult, State[Any]]:
        imported = self._plan.order[path]
        for other in imported:
            await self._written[other]
        async with self._slots:
            if self._failed.is_set():
                raise asyncio.CancelledError
            texts = {other: self._text(other) for other in imported}
            call = file_call(self._session, self._stage, self._plan, path, texts)
            after = [*self._before, *(self._written[other].result()[1] for other in imported)]
            try:
                result = await run_call(self._session, self._stage, call, after)
            except BaseException:
                self._failed.set()
                raise
        await self._progress.file_written(path, result[0].usage)
        return result

    def _text(self, path: str) -> str:
        return self._written[path].result()[0].outputs[CODE + path]


async def write_files(session: BuildSession, stage: Stage) -> None:
    """Write all files, then commit them in the plan's order.

    Raises:
        StageFailedError: a file could not be written; the build is halted.
    """
    async with recorded(session, stage) as done:
        plan = plan_files(session)
        written = await FileFanOut(session, stage, plan).run()
        results = {path: result for path, (result, _) in written.items()}
        texts = {path: result.outputs[CODE + path] for path, result in results.items()}
        commit = await commit_files(session, plan, texts)
        done.result = StageResult(
            outputs={**{CODE + path: text for path, text in texts.items()}, CODE: commit},
            usage=sum((result.usage for result in results.values()), Usage()),
            models=tuple(
                dict.fromkeys(model for result in results.values() for model in result.models)
            ),
        )
        imported = {other for others in plan.order.values() for other in others}
        done.states = tuple(state for path, (_, state) in written.items() if path not in imported)
        done.attempts = max(
            (session.attempts[f"{stage.label} {path}"] for path in plan.order), default=0
        )
