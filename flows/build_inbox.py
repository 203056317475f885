"""The flow `build-inbox`: every new questionnaire in the artifact store's inbox is built once."""

from prefect import flow

from core.artifacts.inbox import HandledFile, InboxLook, UnfinishedFile
from core.errors import AppBuilderError
from core.options import BuildOptions
from tasks.inbox.steps import handle, look, tell


@flow(name="build-inbox")
async def build_inbox(
    deployment: str = "build-app/build-app-local", options: BuildOptions = BuildOptions()
) -> InboxLook:
    """Start a build for each new questionnaire in the inbox, and reject what is none.

    A file that cannot be handled, as when the store fails, stays for the next look and does not
    keep the others waiting; the run then fails at its end.

    Args:
        deployment: Whose runs the builds are.
        options: How to build all of them.

    Returns:
        What became of each file, as it is kept in the artifact store.
    """
    before, arrivals = await look()
    files: list[HandledFile] = []
    unfinished: list[UnfinishedFile] = []
    failures: list[AppBuilderError] = []
    for arrival in arrivals:
        try:
            file, open_file = await handle(arrival, before, deployment, options)
        except AppBuilderError as error:
            failures.append(error)
            continue
        files.append(file)
        if open_file is not None:
            unfinished.append(open_file)
    found = await tell(files, unfinished)
    if failures:
        raise failures[0]
    return found
