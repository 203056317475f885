"""The steps of the flow `usage-report`: ask the ledger, keep the files, show the page."""

import asyncio
from datetime import date
from typing import Any

from prefect import Task, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from core.errors import StorageError
from core.layout import USAGE_REPORTS
from core.settings import load_settings
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_statistics import LedgerStatistics
from tasks.usage.chart import draw_chart
from tasks.usage.report import UsageReport, usage_of
from tasks.usage.tables import model_rows, write_csv, write_page

PAGE_KEY = "usage-report"
TABLE_KEY = "usage-by-model"


def _may_retry(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether another attempt could go better; a wrong period stays wrong."""
    error: object = state.data
    return isinstance(error, StorageError)


@task(
    name="ask the ledger",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_condition_fn=_may_retry,
    cache_policy=NO_CACHE,
)
async def ask_ledger(first_day: date, last_day: date) -> UsageReport:
    """What the ledger says of the calls of some days; days are UTC and both included.

    Raises:
        InputError: the days are the wrong way round, or too many.
        StorageError: the ledger failed.
    """
    database = LedgerDatabase(load_settings().ledger_database_url)
    try:
        return await usage_of(LedgerStatistics(database), first_day, last_day)
    finally:
        await asyncio.to_thread(database.close)


@task(
    name="keep and show the report",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_condition_fn=_may_retry,
    cache_policy=NO_CACHE,
)
async def keep_report(report: UsageReport) -> tuple[str, ...]:
    """Write the report as JSON, CSV and PNG into the store, and show it in the UI.

    A report without a call has no picture, and says that there is nothing yet.

    Returns:
        The keys of the files.

    Raises:
        StorageError: the store failed.
    """
    store = ArtifactStore(load_settings().store_url)
    folder = f"{USAGE_REPORTS}{report.last_day}/"
    stem = f"{folder}usage-{len(report.days)}-days"
    chart = None if report.is_empty else await asyncio.to_thread(draw_chart, report)
    await store.write_artifact(f"{stem}.json", report)
    await store.write_text(f"{stem}.csv", write_csv(report))
    keys = [f"{stem}.json", f"{stem}.csv"]
    if chart is not None:
        await store.write_bytes(f"{stem}.png", chart)
        keys.append(f"{stem}.png")
    await acreate_markdown_artifact(
        key=PAGE_KEY,
        markdown=write_page(report, chart, store.url_of(f"{stem}.csv").removeprefix("file://")),
        description=f"Model usage from {report.first_day} to {report.last_day}",
    )
    await acreate_table_artifact(
        key=TABLE_KEY,
        table=model_rows(report),
        description=f"Each model from {report.first_day} to {report.last_day}",
    )
    return tuple(keys)
