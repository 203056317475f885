"""What unfinished builds began from is forgotten when nobody goes on with them."""

from datetime import timedelta

import pytest

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.layout import BUILD_RECORD, build_prefix
from tasks.retention.prune import PruneReport, prune
from tasks.retention.selection import RetentionPolicy
from tests.tasks.retention.stores import NOW, Home


async def pruned(home: Home, *, days: int = 30, dry_run: bool = False) -> PruneReport:
    policy = RetentionPolicy(days=days, keep=1)
    return await prune(
        home.settings, home.store, policy, now=NOW, dry_run=dry_run, repositories=False
    )


async def unfinished(home: Home, status: BuildStatus, *, days: float, baseline: str) -> None:
    """A build that began from another, and whose last run began some days ago."""
    record = BuildRecord(
        build_id="notes-x",
        project_id="notes",
        project_name="Notes",
        user="ann",
        status=status,
        baseline=baseline,
        started_at=(NOW - timedelta(days=days)).isoformat(),
    )
    await home.store.write_artifact(build_prefix("notes-x") + BUILD_RECORD, record)


async def notes(home: Home) -> list[str]:
    return await home.store.list_keys("projects/notes/begun")


async def test_an_old_note_goes_and_with_it_the_build_that_it_kept(home: Home) -> None:
    await home.add("notes-a", days=300)
    await home.add("notes-b", days=200)
    await home.begin_change("notes", "notes-old", "notes-a", days=31)
    await home.begin_change("notes", "notes-none", "none", days=29)
    told = await pruned(home, dry_run=True)
    assert len(await notes(home)) == 2
    done = await pruned(home)
    assert told.model_copy(update={"dry_run": False}) == done
    assert await notes(home) == ["projects/notes/begun/notes-none.json"]
    assert await home.builds() == ["notes-b"]
    assert (done.swept[2].removed, done.swept[2].stay) == (1, 1)


async def test_a_young_note_keeps_the_build_that_it_needs(home: Home) -> None:
    await home.add("notes-a", days=300)
    await home.add("notes-b", days=200)
    await home.begin_change("notes", "notes-c", "notes-a", days=29)
    await pruned(home)
    assert await home.builds() == ["notes-a", "notes-b"]


@pytest.mark.parametrize(
    ("status", "days", "stays"),
    [
        (BuildStatus.RUNNING, 29, True),
        (BuildStatus.RUNNING, 31, False),
        (BuildStatus.INTERRUPTED, 29, True),
        (BuildStatus.COMPLETED, 31, False),
        (BuildStatus.WAITING, 300, True),
    ],
)
@pytest.mark.parametrize("baseline", ["notes-a", ""])
async def test_a_build_that_somebody_goes_on_with_keeps_its_old_note(
    home: Home, status: BuildStatus, days: float, stays: bool, baseline: str
) -> None:
    await home.begin_change("notes", "notes-y", baseline or "none", days=300)
    await unfinished(home, status, days=days, baseline=baseline)
    await pruned(home)
    assert bool(await notes(home)) is stays


async def test_what_another_build_began_from_keeps_no_note(home: Home) -> None:
    await home.begin_change("notes", "notes-y", "notes-a", days=300)
    await unfinished(home, BuildStatus.WAITING, days=1, baseline="notes-b")
    await pruned(home)
    assert await notes(home) == []


async def test_what_was_begun_today_stays_also_where_nothing_is_kept(home: Home) -> None:
    await home.begin_change("notes", "notes-y", "notes-a", days=0.9)
    await home.begin_change("notes", "notes-z", "notes-a", days=1.1)
    await pruned(home, days=0)
    assert await notes(home) == ["projects/notes/begun/notes-y.json"]
