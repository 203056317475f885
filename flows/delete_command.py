"""What `app-builder delete-project` does: says what there is of a project, asks, removes it."""

import asyncio

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from core.errors import InputError
from core.printable import printable
from core.settings import Settings
from providers.storage.artifact_store import ArtifactStore
from tasks.retention.project import ProjectContents, delete_project, find_project


def run_delete_command(
    settings: Settings, project_id: str, console: Console, *, confirmed: bool
) -> None:
    """Remove a project once its name was typed.

    Args:
        settings: the operator's.
        project_id: the project.
        console: printed to.
        confirmed: do not ask.

    Raises:
        InputError: there is no such project, or something else was typed.
        BuildBusyError: one of its builds is running; nothing was removed.
        StorageError: the store or the ledger failed; run again, it goes on.
    """
    store = ArtifactStore(settings.store_url)
    contents = asyncio.run(find_project(settings, store, project_id))
    for line in _told(contents, store.url):
        console.print(Text(printable(line)), soft_wrap=True)
    if not confirmed:
        typed = typer.prompt("Type the project's id to remove all of this")
        if typed.strip() != project_id:
            raise InputError(f"{typed!r} is not {project_id!r}; nothing was removed")
    asyncio.run(delete_project(settings, store, contents))
    console.print(Text(f"The project {project_id} was removed."))


def _told(contents: ProjectContents, url: str) -> list[str]:
    """What will be removed and what stays, a line each."""
    builds = ", ".join(build.build_id for build in contents.builds) or "none"
    size = decimal(contents.size)
    lines = [
        f"Of the project {contents.project_id} in {url} this will be removed:",
        f"  builds: {builds}",
        f"  their artifacts and answers: {contents.files} files, {size}",
        f"  kept results of theirs alone: {len(contents.results)}",
        f"  notes about the project: {len(contents.notes)}",
        *(f"  folder of this machine: {folder}" for folder in contents.folders),
        f"  what {contents.calls} calls in the ledger were about; what they took stays",
    ]
    lines += [
        f"{build_id} waits for a decision: cancel its run in the Prefect UI"
        for build_id in contents.waiting
    ]
    lines += [
        f"Stays, to be deleted there if it should go as well: {place}"
        for place in contents.elsewhere
    ]
    lines.append("Stays as well: runs and their pages on the Prefect server.")
    return lines
