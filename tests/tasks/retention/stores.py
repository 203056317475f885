"""Stores with builds in them, as builds leave them behind."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.published import BegunChange, PublishedBuild
from core.artifacts.used_results import UsedResults
from core.layout import (
    BUILD_RECORD,
    DOCS,
    USED_RESULTS,
    begun_change,
    build_prefix,
    published_build,
)
from core.settings import Settings
from providers.llm.checkpoints import ANSWERS
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.result_storage import RESULTS

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LONG_AGO = 400


class Home:
    """A home folder with a store, whose builds have only just what retention looks at."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder)
        self.store = ArtifactStore(self.settings.store_url)

    @property
    def root(self) -> Path:
        return self.settings.root

    async def add(
        self,
        build_id: str,
        *,
        days: float = LONG_AGO,
        status: BuildStatus = BuildStatus.COMPLETED,
        published: bool = True,
        repository: str = "",
        results: tuple[str, ...] = (),
    ) -> BuildRecord:
        """A build whose last run ended some days ago, with artifacts, answers and work."""
        local = self.root / "repositories" / f"{repository or build_id}.git"
        if published:
            local.mkdir(parents=True, exist_ok=True)
            (local / "HEAD").write_text("ref: refs/heads/main\n")
            local.with_name(f".{local.name}.lock").touch()
        ended = status not in (BuildStatus.RUNNING, BuildStatus.WAITING)
        record = BuildRecord(
            build_id=build_id,
            project_id=build_id.rpartition("-")[0],
            project_name="Notes",
            user="ann",
            status=status,
            repository=str(local) if published else "",
            finished_at=(NOW - timedelta(days=days)).isoformat() if ended else "",
        )
        prefix = build_prefix(build_id)
        await self.store.write_artifact(prefix + BUILD_RECORD, record)
        await self.store.write_text(prefix + DOCS, "# Docs\n")
        await self.store.write_text(f"{ANSWERS}/{build_id}/ab/abc-0.json", "{}\n")
        if results:
            used = UsedResults(stages={"7": results})
            await self.store.write_artifact(prefix + USED_RESULTS, used)
        work = self.root / "work" / build_id
        work.mkdir(parents=True)
        (work / "file").write_text("x")
        return record

    async def add_result(self, key: str, *, days: float = LONG_AGO) -> None:
        """A kept result of some age."""
        await self.store.write_text(RESULTS + key, '{"result": 1}')
        self.age(RESULTS + key, timedelta(days=days))

    def age(self, key: str, age: timedelta) -> None:
        """Let a file look as if it had been written so long ago."""
        moment = (NOW - age).timestamp()
        os.utime(self.root / "store" / key, (moment, moment))

    async def publish(self, build_id: str, *, baseline: str = "") -> None:
        """Note a build as the one that its project published last."""
        project = build_id.rpartition("-")[0]
        published = PublishedBuild(
            build_id=build_id,
            project_id=project,
            answers_id=build_id,
            baseline=baseline,
            commit="c" * 40,
            name=build_id,
        )
        await self.store.write_artifact(published_build(project), published)

    async def begin_change(
        self, project_id: str, answers_id: str, baseline: str, *, days: float = 0
    ) -> None:
        """Note what a build that is not published began from, some days ago."""
        key = begun_change(project_id, answers_id)
        await self.store.write_artifact(key, BegunChange(baseline=baseline))
        self.age(key, timedelta(days=days))

    async def builds(self) -> list[str]:
        """Ids of the builds of which there is anything in the store."""
        return await self.store.list_folders("project")
