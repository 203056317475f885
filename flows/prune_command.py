"""What `app-builder prune` does: the flow's work without Prefect, printed."""

import asyncio
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from core.printable import printable
from core.settings import Settings
from providers.storage.artifact_store import ArtifactStore
from tasks.retention.page import build_rows, headline, swept_rows
from tasks.retention.prune import prune
from tasks.retention.selection import RetentionPolicy


def run_prune_command(
    settings: Settings,
    console: Console,
    *,
    days: int,
    keep: int,
    dry_run: bool,
    repositories: bool,
) -> None:
    """Prune the store, and print what went, what stays and why.

    Args:
        settings: the operator's.
        console: printed to.
        days, keep: as of `RetentionPolicy`.
        dry_run: only print what would go.
        repositories: local repositories go with their builds.

    Raises:
        StorageError: the store failed; run again, it goes on.
    """
    report = asyncio.run(
        prune(
            settings,
            ArtifactStore(settings.store_url),
            RetentionPolicy(days=days, keep=keep),
            now=datetime.now(UTC),
            dry_run=dry_run,
            repositories=repositories,
        )
    )
    for build_id, _, ended, told, reason, _, size in build_rows(report):
        line = f"{build_id}  ended {ended}: {told}, because {reason}"
        style = "bold" if told != "stays" else ""
        extra = f" ({size})" if told != "stays" else ""
        console.print(Text(printable(line + extra), style=style), soft_wrap=True)
    for what, removed, size, stay in swept_rows(report):
        done = "would go" if dry_run else "went"
        console.print(Text(f"{what}: {removed} {done} ({size}), {stay} stay"), soft_wrap=True)
    console.print(Text(f"{headline(report)}."), soft_wrap=True)
    if dry_run:
        console.print("Nothing was removed; --delete does it.")
