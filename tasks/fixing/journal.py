"""Keeps what the tests said of each commit, so that a loop that was killed goes on where it was.

What models answered is kept by its question. But a question quotes what a test run printed, and a
run of its own may print something else, such as the time: the question would be a new one, and
paid for again. So runs are kept as well, until the stage is through.
"""

import hashlib
from collections.abc import Collection

from core.artifacts.base import Artifact
from core.artifacts.failure import Failure
from core.artifacts.report import TestReport
from core.errors import ArtifactNotFoundError
from core.layout import FIXING, build_prefix
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.verification import Verification


class LoopRecord(Artifact):
    """Whose runs are kept.

    Attributes:
        start: commit that the loop began with.
        identity: what else its course follows from: the code, and which redo it is.
        flow_run_id: run of the flow that it was last at work in.
        finished: whether that run got through it; what is kept serves no other run then.
    """

    start: str
    identity: str
    flow_run_id: str
    finished: bool = False


class KeptRun(Artifact):
    """What a verification showed."""

    report: TestReport
    failures: tuple[Failure, ...] = ()


class KeptRefusal(Artifact):
    """A question that no model gave a usable answer to."""

    reason: str


class Journal:
    """What is known of one loop already; use `open_journal`."""

    def __init__(self, store: ArtifactStore, folder: str, record: LoopRecord) -> None:
        self._store = store
        self._folder = folder
        self._record = record

    async def run_of(self, commit: str, only: Collection[str]) -> Verification | None:
        """What a verification of a commit showed, if it is kept.

        Args:
            commit: full id of the commit.
            only: the test files that it was limited to.

        Raises:
            StorageError: the store failed.
        """
        try:
            kept = await self._store.read_artifact(self._run_key(commit, only), KeptRun)
        except ArtifactNotFoundError:
            return None
        return Verification(kept.report, kept.failures)

    async def keep_run(self, commit: str, only: Collection[str], run: Verification) -> None:
        """Keep what a verification showed; arguments as of `run_of`."""
        kept = KeptRun(report=run.report, failures=run.failures)
        await self._store.write_artifact(self._run_key(commit, only), kept)

    async def refusal_of(self, question: str) -> str | None:
        """Why no answer to a question could be used, if that is kept.

        Args:
            question: all that the model is given.
        """
        try:
            return (await self._store.read_artifact(self._key(question), KeptRefusal)).reason
        except ArtifactNotFoundError:
            return None

    async def keep_refusal(self, question: str, reason: str) -> None:
        """Keep why no answer to a question could be used."""
        await self._store.write_artifact(self._key(question), KeptRefusal(reason=reason))

    async def finish(self) -> None:
        """Note that the loop is through: another run of the flow tests anew."""
        self._record = self._record.model_copy(update={"finished": True})
        await self._store.write_artifact(self._folder + _RECORD, self._record)

    def _run_key(self, commit: str, only: Collection[str]) -> str:
        return self._key("\n".join([commit, *sorted(only)]))

    def _key(self, text: str) -> str:
        return f"{self._folder}{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


_RECORD = "loop.json"


async def open_journal(
    store: ArtifactStore, build_id: str, *, start: str, identity: str, flow_run_id: str
) -> Journal:
    """Take up the journal of a loop that was not finished, or begin a new one.

    Args:
        store: where it is kept.
        build_id: the build.
        start, identity, flow_run_id: as of `LoopRecord`.

    Raises:
        StorageError: the store failed.
    """
    folder = build_prefix(build_id) + FIXING
    record = LoopRecord(start=start, identity=identity, flow_run_id=flow_run_id)
    if not await _goes_on(store, folder, record):
        for key in await store.list_keys(folder):
            await store.delete(key)
    await store.write_artifact(folder + _RECORD, record)
    return Journal(store, folder, record)


async def _goes_on(store: ArtifactStore, folder: str, now: LoopRecord) -> bool:
    try:
        before = await store.read_artifact(folder + _RECORD, LoopRecord)
    except ArtifactNotFoundError:
        return False
    if (before.start, before.identity) != (now.start, now.identity):
        return False
    return not before.finished or before.flow_run_id == now.flow_run_id != ""
