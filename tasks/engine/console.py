"""What the Prefect UI shows of a build: documents, tables and progress.

The UI heads every artifact with its key, so a key says first what it is, then of which build.
"""

import asyncio
import shlex
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Self

from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    aupdate_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate

from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus, Usage
from core.layout import DOCS
from core.markdown import code, plain, table
from core.stages import Stage, StageTable
from providers.vcs.publisher import Publication
from tasks.engine.build_session import BuildSession
from tasks.engine.call_pages import calls_page, stages_with_calls
from tasks.engine.stage_call import StageResult

_NAMES = {DOCS: "documentation"}
_NOTHING = "–"
_STAGES_HEAD = (
    "stage",
    "status",
    "model",
    "attempts",
    "calls",
    "tokens in / out",
    "cost",
    "time",
)


_FILES_HEAD = ("file", "status", "attempts", "calls", "tokens in / out", "cost", "model time")
_BAR_SECONDS = 1.0
_BAR_AFTER_SECONDS = 0.15  # so that the first calls need not wait for it
_TABLE_SECONDS = 5.0


async def show_stage(session: BuildSession, stage: Stage) -> None:
    """Show the documents a stage wrote that no later stage writes anew, as rendered Markdown."""
    for path in stage.writes:
        last = [other for other in session.table.stages if path in other.writes][-1]
        if path.endswith(".md") and stage == last:
            name = _NAMES.get(path) or PurePosixPath(path).stem.replace("_", "-")
            await acreate_markdown_artifact(
                key=_key(session, name),
                markdown=session.artifacts[path],
                description=_described(session, name),
            )


async def show_page(session: BuildSession, what: str, page: str) -> None:
    """Show a page of Markdown of a build, by the word that its key begins with."""
    await acreate_markdown_artifact(
        key=_key(session, what), markdown=page, description=_described(session, what)
    )


async def show_calls(session: BuildSession, stage: Stage) -> None:
    """Show what a stage asked and was answered, if there are records of it."""
    page = await calls_page(session, stage)
    if page is not None:
        await acreate_markdown_artifact(
            key=_calls_key(session.build_id, stage),
            markdown=page,
            description=_described(session, f"calls of stage {stage.label}"),
        )


async def show_stages(session: BuildSession) -> None:
    """Show the table of stages: attempts, calls, tokens, cost, time and model of each.

    The calls of a stage that did not end well are shown here as well: they tell why.
    """
    record = session.recorder.record
    stopped = record.stages.get(record.current_stage)
    if stopped is not None and stopped.status != StageStatus.COMPLETED:
        await show_calls(session, session.table[record.current_stage])
    called = await stages_with_calls(session)
    await acreate_markdown_artifact(
        key=_key(session, "stages"),
        markdown=stages_page(session.table, record, called),
        description=_described(session, "stages"),
    )


def stages_page(stages: StageTable, record: BuildRecord, called: Collection[str] = ()) -> str:
    """The stages of a build as a table in Markdown, in order.

    Markdown and no table artifact, because of those the newer UI shows ten rows a page, and links
    as plain text. Errors have a column only when there is one.

    Args:
        stages: all of them.
        record: how the build went.
        called: numbers of the stages whose calls are shown on a page, which their rows lead to.
    """
    failed = any(done.error for done in record.stages.values())
    rows: list[tuple[str, ...]] = []
    for stage in stages.stages:
        done = record.stages.get(stage.number, StageRecord())
        row = (
            stage.label,
            done.status + (" (kept)" if done.cached else ""),
            plain(", ".join(done.models)) or _NOTHING,
            str(done.attempts),
            _linked(_calls(done.usage), record, stage, called),
            f"{done.usage.input_tokens:,} / {done.usage.output_tokens:,}",
            f"${done.usage.cost_usd:.4f}",
            f"{done.seconds:.1f}\N{NO-BREAK SPACE}s",
        )
        rows.append((*row, plain(done.error)) if failed else row)
    head = (*_STAGES_HEAD, "error") if failed else _STAGES_HEAD
    return table(head, rows)


def _linked(text: str, record: BuildRecord, stage: Stage, called: Collection[str]) -> str:
    if stage.number not in called:
        return text
    # From the page of an artifact to that of a key, wherever the UI's root is.
    return f"[{text}](../key/{_calls_key(record.build_id, stage)})"


def _calls(usage: Usage) -> str:
    cached = f" ({usage.from_cache:,} from cache)" if usage.from_cache else ""
    return f"{usage.calls:,}{cached}"


async def show_repository(session: BuildSession, publication: Publication) -> None:
    """Show where the repository is, and how to get it.

    A URL becomes a link; the path of a folder does not, as browsers do not open it.
    """
    location, branch = publication.location, publication.branch
    where = f"`{location}`" if location.startswith("/") else f"<{location}>"
    request = publication.pull_request
    review = f"\n\nPull request: <{request}>" if request else ""
    command = f"git clone --branch {branch} {shlex.quote(location)}"
    await acreate_markdown_artifact(
        key=_key(session, "repository"),
        markdown=f"{where}, branch `{branch}`{review}\n\n```sh\n{command}\n```\n",
        description=_described(session, "repository"),
    )


class FileProgress:
    """The progress bar of stage 7: an async context manager around the writing.

    The bar moves once a second. Told of every file, the server would have more work with the bar
    than with all else, and every file would wait for it.

    Args:
        session: the build.
        total: how many files there are.
    """

    def __init__(self, session: BuildSession, total: int) -> None:
        self._session = session
        self._total = total
        self._done = 0
        self._usage = Usage()
        self._ended = asyncio.Event()
        self._stage = next(stage for stage in session.table.stages if stage.fan_out)

    async def __aenter__(self) -> Self:
        self._moving = asyncio.create_task(self._move())
        return self

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self._ended.set()
        await asyncio.gather(self._moving, return_exceptions=error is not None)

    def file_written(self, path: str, usage: Usage) -> None:
        """One more file is there."""
        self._done += 1
        self._usage += usage
        recorder = self._session.recorder
        recorder.listener.file_written(path, self._done, self._total, self._usage)
        recorder.files_written(self._stage, self._done, self._total)
        if self._done == self._total:
            self._ended.set()

    async def _move(self) -> None:
        """Show an empty bar, and move it as long as files are written."""
        await _ended_within(_BAR_AFTER_SECONDS, self._ended)
        bar = await acreate_progress_artifact(
            progress=0.0,
            key=_key(self._session, "files"),
            description=_described(self._session, f"{self._total} files"),
        )
        shown = 0
        while shown < self._total:
            await _ended_within(_BAR_SECONDS, self._ended)
            if self._done > shown:
                shown = self._done
                await aupdate_progress_artifact(bar, progress=100.0 * shown / self._total)
            elif self._ended.is_set():
                break


class BatchTable:
    """The files of one batch of stage 7, as a table that the UI shows with the batch's task run.

    An async context manager around the writing: the table holds every file, and is brought up to
    date as files are written, every few seconds.

    Args:
        session: the build.
        number: of the batch, from 1.
        paths: of its files, in the order of writing.
    """

    def __init__(self, session: BuildSession, number: int, paths: Sequence[str]) -> None:
        self._session = session
        self._number = number
        self._paths = paths
        self._rows: dict[str, tuple[str, ...]] = {}
        self._ended = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._showing = asyncio.create_task(self._show())
        return self

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self._ended.set()
        await asyncio.gather(self._showing, return_exceptions=error is not None)

    def written(self, path: str, attempts: int, result: StageResult) -> None:
        """A file is there, after so many attempts in this run; after none, it was kept."""
        usage = result.usage
        self._rows[path] = (
            "written" if attempts else "kept",
            str(attempts),
            _calls(usage),
            f"{usage.input_tokens:,} / {usage.output_tokens:,}",
            f"${usage.cost_usd:.4f}",
            f"{usage.seconds:.1f}\N{NO-BREAK SPACE}s",
        )

    def failed(self, path: str, attempts: int, reason: str) -> None:
        """A file could not be written."""
        blank = (_NOTHING,) * (len(_FILES_HEAD) - 3)
        self._rows[path] = (f"failed: {plain(reason)}", str(attempts), *blank)

    def ended(self) -> None:
        """Nothing of the batch is under way any more: the table is shown as it is in the end."""
        self._ended.set()

    async def _show(self) -> None:
        """Show the table, at last as it is in the end.

        Not at once: twenty batches of files that are all kept would wait for it.
        """
        page, place, ended = "", None, False
        while not ended:
            await _ended_within(_TABLE_SECONDS, self._ended)
            ended = self._ended.is_set()
            page, before = self._page(), page
            if place is None:
                place = await acreate_markdown_artifact(
                    key=_key(self._session, f"files-{self._number}"),
                    markdown=page,
                    description=_described(self._session, f"batch {self._number} of files"),
                )
            elif page != before:
                async with get_client() as client:
                    await client.update_artifact(place, ArtifactUpdate(data=page))

    def _page(self) -> str:
        """The table as it stands; files that did not get their turn are there as well."""
        waiting = ("not there yet", "0", *(_NOTHING,) * (len(_FILES_HEAD) - 3))
        rows = [(code(path), *self._rows.get(path, waiting)) for path in self._paths]
        return table(_FILES_HEAD, rows)


async def _ended_within(seconds: float, ended: asyncio.Event) -> None:
    """Wait for an end, but no longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()


def _calls_key(build_id: str, stage: Stage) -> str:
    return f"calls-{stage.number.replace('.', '-')}-{build_id}"


def _key(session: BuildSession, what: str) -> str:
    return f"{what}-{session.build_id}"


def _described(session: BuildSession, what: str) -> str:
    """What it is of which product; cards cut the end off, so a demo model is named first."""
    told = f"{what} of {session.questionnaire.project_name}"
    return f"Demo model: {told}" if session.recorder.record.demo else told[0].upper() + told[1:]
