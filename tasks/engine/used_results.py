"""Writes down which kept results a build uses, so that retention leaves them alone.

Results lie by their content and may serve several builds: nothing in them tells whose they are.
"""

import time
from collections.abc import Callable

from core.artifacts.used_results import UsedResults
from core.errors import ArtifactNotFoundError
from core.layout import USED_RESULTS, build_prefix
from core.stages import Stage
from providers.storage.artifact_store import ArtifactStore

_SECONDS = 1.0
"""Between two writes while a stage goes on; what is noted in between is written with the next."""


class ResultsInUse:
    """What one run of a build uses, together with what runs before it used of later stages.

    Nothing here is worth waiting for the disk: what a power cut takes away is made again from the
    answers that the build keeps, should retention remove it.

    Args:
        store: where it is kept, as `results.json` beside the build record.
        build_id: the build.
        clock: seconds, which only go forward.
    """

    def __init__(
        self, store: ArtifactStore, build_id: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._key = build_prefix(build_id) + USED_RESULTS
        self._clock = clock
        self._before: dict[str, set[str]] | None = None
        self._now: dict[str, set[str]] = {}
        self._written_at: float | None = None

    async def note(self, stage: Stage, key: str) -> None:
        """A result is about to be looked for, and made where it is not there.

        Raises:
            StorageError: the store failed.
        """
        noted = self._now.setdefault(stage.number, set())
        if not stage.cached or key in noted:
            return
        noted.add(key)
        if self._written_at is None or self._clock() - self._written_at >= _SECONDS:
            await self._write()

    async def finish(self, stage: Stage) -> None:
        """A stage ended well: what earlier runs used of it is no longer needed.

        Raises:
            StorageError: the store failed.
        """
        if not stage.cached:
            return
        before = await self._earlier()
        before.pop(stage.number, None)
        await self._write()

    async def _write(self) -> None:
        self._written_at = self._clock()
        before = await self._earlier()
        stages = {
            number: tuple(sorted(before.get(number, set()) | self._now.get(number, set())))
            for number in sorted({*before, *self._now})
        }
        used = UsedResults(stages={number: keys for number, keys in stages.items() if keys})
        await self._store.write_text(
            self._key, used.model_dump_json(indent=2) + "\n", durable=False
        )

    async def _earlier(self) -> dict[str, set[str]]:
        if self._before is None:
            try:
                found = await self._store.read_artifact(self._key, UsedResults)
            except ArtifactNotFoundError:
                found = UsedResults()
            self._before = {number: set(keys) for number, keys in found.stages.items()}
        return self._before
