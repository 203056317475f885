"""Runs the flow `build-app` in this process, the same one that a deployment runs."""

import asyncio
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from uuid import UUID

from core.artifacts.build_record import BuildRecord, Usage
from core.artifacts.questionnaire import Questionnaire
from core.errors import AppBuilderError
from core.options import BuildOptions
from core.progress import BuildListener
from core.settings import Settings
from flows.local_server import local_server, require_running, wait_until_ready
from flows.quiet import keep_log_off_terminal

DRAIN_SECONDS = 30
"""Longest wait for the server to have recorded the end of every task run."""


@contextmanager
def prefect_api(settings: Settings) -> Generator[Callable[[], None]]:
    """Use the configured Prefect API, or a local server where none is configured.

    Yields:
        What raises `AppBuilderError` once the local server is gone.

    Raises:
        AppBuilderError: the API does not answer.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    configured = PREFECT_API_URL.value()
    if configured:
        keep_log_off_terminal()
        _require_answer(configured)
        yield _nothing_to_check
        return
    folder = settings.root / "prefect"
    with local_server(folder) as url:
        keep_log_off_terminal()
        import_module("flows.build_app")  # takes seconds; the server starts meanwhile
        wait_until_ready(url, folder)
        with temporary_settings({PREFECT_API_URL: url}):
            yield partial(require_running, folder)


def _nothing_to_check() -> None:
    """A server that somebody else looks after: Prefect waits for it to come back."""


def _require_answer(url: str) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        problem = client.api_healthcheck()
    if problem:
        raise AppBuilderError(
            f"the Prefect API at {url!r} does not answer: {problem}; start it, or use a local "
            f"server: {_how_to_unset()}"
        )


def _how_to_unset() -> str:
    from prefect.context import get_settings_context
    from prefect.settings import PREFECT_API_URL

    if "PREFECT_API_URL" in os.environ:
        return "PREFECT_API_URL is set in the environment, `unset PREFECT_API_URL` takes it out"
    profile = get_settings_context().profile
    if PREFECT_API_URL in profile.settings:
        return (
            f"PREFECT_API_URL is set in the Prefect profile {profile.name!r}, "
            "`prefect config unset PREFECT_API_URL` takes it out"
        )
    return "take its URL out of .env, prefect.toml or pyproject.toml in this folder"


async def run_build(
    questionnaire: Questionnaire,
    options: BuildOptions,
    *,
    build_id: str,
    listener: BuildListener,
) -> BuildRecord:
    """Run one build and wait until the server has recorded its history.

    Args:
        questionnaire, options: what the flow is given.
        build_id: for the run's tags, by which the next run finds one that was killed.
        listener: told how the build goes.

    Raises:
        AppBuilderError: the build failed; see `core.errors`.
    """
    from prefect import tags
    from prefect.logging.handlers import APILogHandler

    from flows.build_app import build_app
    from tasks.engine.dead_runs import run_tags
    from tasks.engine.listening import listening

    counting = _CountingListener(listener)
    with listening(counting), tags(*run_tags(build_id)):
        try:
            return await build_app(questionnaire, options)
        finally:
            await _wait_until_recorded(counting.task_runs)
            await APILogHandler.aflush()


class _CountingListener:
    """Passes everything on, and keeps the ids of the task runs that ended."""

    def __init__(self, listener: BuildListener) -> None:
        self._listener = listener
        self.task_runs: list[UUID] = []

    def stage_changed(self, record: BuildRecord, stage: str) -> None:
        self._listener.stage_changed(record, stage)

    def file_written(self, path: str, done: int, total: int, usage: Usage) -> None:
        self._listener.file_written(path, done, total, usage)

    def task_run_ended(self, task_run_id: str) -> None:
        self._listener.task_run_ended(task_run_id)
        self.task_runs.append(UUID(task_run_id))

    def waiting_for_person(self, question: str, url: str) -> None:
        self._listener.waiting_for_person(question, url)


async def _wait_until_recorded(task_runs: list[UUID]) -> None:
    """Wait until every task run's end is recorded: events are written a little later."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        TaskRunFilter,
        TaskRunFilterId,
        TaskRunFilterState,
        TaskRunFilterStateType,
    )
    from prefect.client.schemas.objects import TERMINAL_STATES

    ended = TaskRunFilter(
        id=TaskRunFilterId(any_=task_runs),
        state=TaskRunFilterState(type=TaskRunFilterStateType(any_=list(TERMINAL_STATES))),
    )
    give_up = time.monotonic() + DRAIN_SECONDS
    async with get_client() as client:
        while time.monotonic() < give_up:
            response = await client.request(
                "POST", "/task_runs/count", json={"task_runs": ended.model_dump(mode="json")}
            )
            if response.json() >= len(task_runs):
                return
            await asyncio.sleep(0.2)
