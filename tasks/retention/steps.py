"""The steps of the flow `prune`: prune the store, show what went and what stays."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from core.settings import load_settings
from providers.storage.artifact_store import ArtifactStore
from tasks.retention.page import build_rows, headline, prune_page
from tasks.retention.prune import PruneReport, prune
from tasks.retention.selection import RetentionPolicy

PAGE_KEY = "prune"
TABLE_KEY = "pruned-builds"
_COLUMNS = ("build", "project", "ended", "what", "why", "files", "size")


@task(name="prune the store", cache_policy=NO_CACHE)
async def prune_store(policy: RetentionPolicy, *, dry_run: bool, repositories: bool) -> PruneReport:
    """Prune the store of this worker; what a failure leaves behind, the next run removes.

    Raises:
        StorageError: the store failed.
    """
    settings = load_settings()
    return await prune(
        settings,
        ArtifactStore(settings.store_url),
        policy,
        now=datetime.now(UTC),
        dry_run=dry_run,
        repositories=repositories,
    )


@task(name="show what went and what stays", cache_policy=NO_CACHE)
async def show_report(report: PruneReport) -> None:
    """Show the report in the UI, as a page and as a table."""
    told = headline(report)
    get_run_logger().info("%s", told)
    await acreate_markdown_artifact(key=PAGE_KEY, markdown=prune_page(report), description=told)
    await acreate_table_artifact(
        key=TABLE_KEY,
        table=[dict(zip(_COLUMNS, row, strict=True)) for row in build_rows(report)],
        description=told,
    )
