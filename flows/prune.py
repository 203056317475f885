"""The flow `prune`: removes builds that nobody needs any more, and what they leave behind."""

from typing import Annotated

from prefect import flow
from pydantic import Field

from tasks.retention.prune import PruneReport
from tasks.retention.selection import DAYS, KEEP, RetentionPolicy
from tasks.retention.steps import prune_store, show_report


@flow(name="prune")
async def prune(
    dry_run: bool = True,
    days: Annotated[int, Field(ge=0)] = DAYS,
    keep: Annotated[int, Field(ge=1)] = KEEP,
    repositories: bool = False,
) -> PruneReport:
    """Remove builds that ended long ago, and kept results and answers that serve nobody.

    A build that runs, waits, did not end, was not published, or that the next build of its
    project goes on from, always stays.

    Args:
        dry_run: Only show what would be removed.
        days: How many days a build is kept after it ended.
        keep: How many published builds of each project are kept, however old; the newest.
        repositories: Remove the local repositories of these builds as well.

    Returns:
        What was removed and what stays, as the page shows it.
    """
    report = await prune_store(
        RetentionPolicy(days=days, keep=keep), dry_run=dry_run, repositories=repositories
    )
    await show_report(report)
    return report
