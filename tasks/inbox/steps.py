"""The steps of the flow `build-inbox`: look, take or reject each file, tell what became of it."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from core.artifacts.base import Part
from core.artifacts.build_outcome import clipped
from core.artifacts.inbox import HandledFile, InboxLook, UnfinishedFile
from core.artifacts.questionnaire import Questionnaire
from core.build_events import INBOX_REJECTED, INBOX_TAKEN, PREFIX, InboxRejected, InboxTaken
from core.errors import ArtifactNotFoundError, InputError
from core.layout import INBOX_LOOK
from core.options import BuildOptions
from core.settings import load_settings
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.baseline import resolved_baseline
from tasks.engine.preparation import identity_of, require_room
from tasks.inbox.folder import Arrival, InboxFolder
from tasks.inbox.reading import Reading, read_file, reason_not_looked_at
from tasks.inbox.starting import start_build

SETTLED = timedelta(seconds=60)
"""How long a file that is no JSON must have stayed the same before it is rejected."""

TABLE_KEY = "inbox"


@task(name="look into the inbox", cache_policy=NO_CACHE)
async def look() -> tuple[InboxLook, tuple[Arrival, ...]]:
    """What the look before found, and the files that are there now.

    Raises:
        StorageError: the store failed.
    """
    store = _store()
    try:
        before = await store.read_artifact(INBOX_LOOK, InboxLook)
    except ArtifactNotFoundError:
        before = InboxLook()
    return before, tuple(await InboxFolder(store).arrivals())


@task(name="handle a file", task_run_name="handle {arrival.name}", cache_policy=NO_CACHE)
async def handle(
    arrival: Arrival, before: InboxLook, deployment: str, options: BuildOptions
) -> tuple[HandledFile, UnfinishedFile | None]:
    """Take a file or reject it, or leave it for the next look.

    Args:
        arrival: the file.
        before: what the look before found.
        deployment: whose runs builds are.
        options: how to build.

    Returns:
        What became of the file, and what to remember of one that may not be all there yet.

    Raises:
        ConfigurationError: there is no such deployment.
        StorageError: the store failed; the next look does it again.
    """
    name = arrival.name
    store = _store()
    folder = InboxFolder(store)
    if reason := reason_not_looked_at(name, arrival.size):
        return HandledFile(file=name, became="left", reason=reason), None
    content = await folder.read(name)
    if content is None:
        return HandledFile(file=name, became="changed", reason="it was taken away"), None
    reading = read_file(content)
    if reading.kind == "open":
        unfinished = _unfinished(name, content, before)
        if _age(unfinished) < SETTLED:
            return HandledFile(file=name, became="unfinished", reason=reading.reason), unfinished
        reading = Reading("bad", reason=f"{reading.reason}; it was still so {_waited(unfinished)}")
    if reading.questionnaire is None:
        return await _rejected(folder, name, content, reading.reason), None
    try:
        require_room(reading.questionnaire, options)
    except InputError as error:
        return await _rejected(folder, name, content, str(error)), None
    return await _taken(store, name, content, reading.questionnaire, deployment, options), None


@task(name="tell what became of the files", cache_policy=NO_CACHE)
async def tell(files: Sequence[HandledFile], unfinished: Sequence[UnfinishedFile]) -> InboxLook:
    """Show a table of the files, and keep what the next look has to know.

    Raises:
        StorageError: the store failed.
    """
    found = InboxLook(looked_at=_now(), files=tuple(files), unfinished=tuple(unfinished))
    if files:
        rows = [file.model_dump() for file in files]
        await acreate_table_artifact(
            key=TABLE_KEY, table=rows, description=f"The inbox at {found.looked_at}"
        )
    await _store().write_artifact(INBOX_LOOK, found)
    return found


async def _taken(
    store: ArtifactStore,
    name: str,
    content: bytes,
    questionnaire: Questionnaire,
    deployment: str,
    options: BuildOptions,
) -> HandledFile:
    """Start the build, then move its file: killed in between, it is started once all the same."""
    folder = InboxFolder(store)
    options = await resolved_baseline(store, questionnaire, options)
    _, build_id = identity_of(questionnaire, options)
    known = await folder.was_taken(build_id)
    started = await start_build(
        deployment, store.url, build_id, questionnaire, options, dropped_again=known
    )
    run_id = str(started.run.id)
    _emit(
        INBOX_TAKEN,
        InboxTaken(file=name, build_id=build_id, flow_run_id=run_id, again=known),
    )
    there = {"file": name, "build_id": build_id, "flow_run_id": run_id}
    if not await folder.take(name, content, build_id):
        return HandledFile(became="changed", reason="it was written anew meanwhile", **there)
    return HandledFile(became="known" if known and not started.again else "taken", **there)


async def _rejected(folder: InboxFolder, name: str, content: bytes, reason: str) -> HandledFile:
    _emit(INBOX_REJECTED, InboxRejected(file=name, reason=clipped(reason)))
    if not await folder.reject(name, content, reason):
        return HandledFile(file=name, became="changed", reason="it was written anew meanwhile")
    return HandledFile(file=name, became="rejected", reason=clipped(reason))


def _unfinished(name: str, content: bytes, before: InboxLook) -> UnfinishedFile:
    """The file as it is remembered: since when it has this content, as far as looks can tell."""
    digest = hashlib.sha256(content).hexdigest()
    for file in before.unfinished:
        if (file.file, file.digest) == (name, digest):
            return file
    return UnfinishedFile(file=name, digest=digest, since=_now())


def _age(file: UnfinishedFile) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(file.since)


def _waited(file: UnfinishedFile) -> str:
    return f"{_age(file).total_seconds():.0f} s after it was first found"


def _emit(event: str, payload: Part) -> None:
    emit_event(
        event=event,
        resource={"prefect.resource.id": f"{PREFIX}inbox", "prefect.resource.name": "inbox"},
        payload=payload.model_dump(mode="json"),
    )


def _store() -> ArtifactStore:
    return ArtifactStore(load_settings().store_url)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
