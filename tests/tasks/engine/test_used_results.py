from pathlib import Path

import pytest

from core.artifacts.used_results import UsedResults
from core.errors import ArtifactNotFoundError
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.preparation import load_table
from tasks.engine.used_results import ResultsInUse
from tests.tasks.sessions import SECRETS

TABLE = load_table(SECRETS)
DOCS, FILES, MENDING = TABLE["2"], TABLE["7"], TABLE["7.5"]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(f"file://{tmp_path}/store")


async def kept(store: ArtifactStore) -> dict[str, tuple[str, ...]]:
    return (await store.read_artifact("project/b-1/results.json", UsedResults)).stages


async def test_the_first_is_written_before_it_is_looked_for_and_others_within_a_second(
    store: ArtifactStore,
) -> None:
    clock = Clock()
    used = ResultsInUse(store, "b-1", clock=clock)
    await used.note(FILES, "7-b")
    assert await kept(store) == {"7": ("7-b",)}
    await used.note(FILES, "7-a")
    assert await kept(store) == {"7": ("7-b",)}
    clock.now += 1
    await used.note(FILES, "7-c")
    assert await kept(store) == {"7": ("7-a", "7-b", "7-c")}


async def test_what_an_earlier_run_used_stays_until_its_stage_ends_again(
    store: ArtifactStore,
) -> None:
    first = ResultsInUse(store, "b-1")
    await first.note(DOCS, "2-old")
    await first.note(FILES, "7-old")
    await first.finish(FILES)
    second = ResultsInUse(store, "b-1")
    await second.note(DOCS, "2-new")
    assert await kept(store) == {"2": ("2-new", "2-old"), "7": ("7-old",)}
    await second.finish(DOCS)
    assert await kept(store) == {"2": ("2-new",), "7": ("7-old",)}


async def test_a_stage_that_keeps_no_results_has_none(store: ArtifactStore) -> None:
    used = ResultsInUse(store, "b-1")
    await used.note(MENDING, "7.5-a")
    await used.finish(MENDING)
    with pytest.raises(ArtifactNotFoundError):
        await kept(store)
