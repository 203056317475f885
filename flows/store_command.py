"""What `app-builder store` does."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from providers.storage.artifact_store import ArtifactStore
from providers.storage.store_copy import copy_store


def run_store_copy(source: str, target: str, console: Console, *, replace: bool) -> None:
    """Copy all that one store keeps into another, and print how it goes.

    Args:
        source, target: URLs, or folders.
        console: printed to.
        replace: whether other content under the same keys is replaced.

    Raises:
        InputError: a URL cannot be used, a build runs, or other content would be replaced.
        StorageError: a store failed; done again, it goes on from there.
    """
    stores = [
        ArtifactStore(_url(given), setting=name)
        for given, name in ((source, "FROM"), (target, "TO"))
    ]
    columns = (TextColumn("Copying"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        result = asyncio.run(
            copy_store(
                stores[0],
                stores[1],
                replace=replace,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        )
    console.print(
        Text(
            f"{result.copied} artifacts copied to {stores[1].url}, {result.kept} were there already"
        )
    )


def _url(given: str) -> str:
    return given if "://" in given else str(Path(given).expanduser().resolve())
