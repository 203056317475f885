"""Pruning a store: what goes, what stays whatever the policy, and what a kill leaves behind."""

from datetime import timedelta

import pytest

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.errors import StorageError
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.build_lock import build_locked
from tasks.retention.prune import PruneReport, prune
from tasks.retention.selection import RetentionPolicy
from tests.tasks.retention.stores import NOW, Home

POLICY = RetentionPolicy(days=30, keep=1)


async def pruned(
    home: Home,
    policy: RetentionPolicy = POLICY,
    *,
    dry_run: bool = False,
    repositories: bool = False,
) -> PruneReport:
    return await prune(
        home.settings, home.store, policy, now=NOW, dry_run=dry_run, repositories=repositories
    )


def reasons(report: PruneReport) -> dict[str, str]:
    return {row.verdict.build_id: row.verdict.reason for row in report.builds}


async def test_what_is_old_and_not_among_the_newest_goes_with_all_that_is_its_own(
    home: Home,
) -> None:
    await home.add("notes-a", days=300)
    await home.add("notes-b", days=200)
    await home.add("notes-c", days=100)
    await home.add("shop-a", days=300)
    report = await pruned(home, RetentionPolicy(days=30, keep=2))
    assert [row.verdict.build_id for row in report.gone] == ["notes-a"]
    assert (report.gone[0].files, report.gone[0].size > 100) == (3, True)
    assert await home.builds() == ["notes-b", "notes-c", "shop-a"]
    assert await home.store.list_folders("cache/answers") == ["notes-b", "notes-c", "shop-a"]
    assert await home.store.list_folders("locks") == [], "nor is its lease there any more"
    assert not (home.root / "work" / "notes-a").exists()
    assert (home.root / "work" / "notes-b").exists()
    assert (home.root / "repositories" / "notes-a.git").exists(), "only where it is asked for"


async def test_a_dry_run_says_the_same_and_removes_nothing(home: Home) -> None:
    await home.add("notes-a", days=300, results=("7-a",))
    await home.add("notes-b", days=200)
    await home.add_result("7-a")
    before = await home.store.list_keys("")
    told = await pruned(home, dry_run=True, repositories=True)
    assert await home.store.list_keys("") == before
    assert (home.root / "repositories" / "notes-a.git").exists()
    done = await pruned(home, repositories=True)
    assert told.model_copy(update={"dry_run": False}) == done
    repository = home.root / "repositories" / "notes-a.git"
    assert done.gone[0].repository == str(repository)
    assert list(repository.parent.glob("*notes-a*")) == []
    assert [each.removed for each in done.swept] == [1, 0, 0]


@pytest.mark.parametrize(
    ("status", "published", "reason"),
    [
        (BuildStatus.RUNNING, True, "it is running, or was killed"),
        (BuildStatus.WAITING, True, "it is suspended, and waits for a decision"),
        (BuildStatus.FAILED, True, "it did not get to its end: it failed"),
        (BuildStatus.CANCELLED, False, "it did not get to its end: it was cancelled"),
        (BuildStatus.INTERRUPTED, False, "it did not get to its end: it was interrupted"),
        (BuildStatus.COMPLETED, False, "it was not published"),
        (BuildStatus.REVIEW, False, "it was not published"),
    ],
)
async def test_what_is_not_over_or_not_published_stays_however_old(
    home: Home, status: BuildStatus, published: bool, reason: str
) -> None:
    await home.add("notes-a", status=status, published=published)
    await home.add("notes-b")
    report = await pruned(home, RetentionPolicy(days=0, keep=1))
    assert reasons(report)["notes-a"] == reason
    assert report.gone == ()


async def test_what_is_for_review_goes_as_well_and_the_newest_of_a_project_never(
    home: Home,
) -> None:
    await home.add("notes-a", days=301, status=BuildStatus.REVIEW)
    await home.add("notes-b", days=300)
    report = await pruned(home, RetentionPolicy(days=0, keep=1))
    assert reasons(report) == {
        "notes-a": "it ended more than 0 days ago",
        "notes-b": "it is the newest published build of its project",
    }


async def test_age_is_counted_from_the_end_of_the_last_run(home: Home) -> None:
    await home.add("notes-a", days=29.9)
    await home.add("notes-b", days=30.1)
    await home.add("notes-c", days=1)
    assert reasons(await pruned(home)) == {
        "notes-a": "it ended less than 30 days ago",
        "notes-b": "it ended more than 30 days ago",
        "notes-c": "it is the newest published build of its project",
    }


async def test_what_the_next_build_of_a_project_goes_on_from_stays(home: Home) -> None:
    for number, build_id in enumerate(("notes-a", "notes-b", "notes-c", "notes-d", "notes-e")):
        await home.add(build_id, days=300 - number)
    await home.publish("notes-b", baseline="notes-a")
    await home.begin_change("notes", "notes-x", "notes-c")
    report = await pruned(home)
    assert reasons(report) == {
        "notes-a": "notes-b changed it, and was published last",
        "notes-b": "it was published last",
        "notes-c": "a change of it was begun and is not published",
        "notes-d": "it ended more than 30 days ago",
        "notes-e": "it is the newest published build of its project",
    }


async def test_a_build_that_is_taken_up_again_meanwhile_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await home.add("notes-a", days=300)
    await home.add("notes-b", days=200)
    with build_locked(home.root / "locks", "notes-a"):
        assert reasons(await pruned(home))["notes-a"] == "it is running"
    again = record.model_copy(update={"finished_at": NOW.isoformat()})

    async def measure_and_build(store: ArtifactStore, build_id: str) -> tuple[int, int]:
        await store.write_artifact(f"project/{build_id}/build.json", again)
        return 3, 1

    monkeypatch.setattr("tasks.retention.prune.measure", measure_and_build)
    assert reasons(await pruned(home))["notes-a"] == "it was started again meanwhile"
    assert await home.builds() == ["notes-a", "notes-b"]


@pytest.mark.parametrize("removals", range(3))
async def test_a_removal_that_was_killed_is_finished_by_the_next_run(
    home: Home, monkeypatch: pytest.MonkeyPatch, removals: int
) -> None:
    await home.add("notes-a", days=300)
    await home.add("notes-b", days=200)
    delete, left = ArtifactStore.delete, [removals]

    async def delete_some(store: ArtifactStore, key: str) -> None:
        if not key.startswith("locks/"):  # which the kernel and its process's end would free
            if not left[0]:
                raise StorageError("killed")
            left[0] -= 1
        await delete(store, key)

    with monkeypatch.context() as patch:
        patch.setattr(ArtifactStore, "delete", delete_some)
        with pytest.raises(StorageError, match="killed"):
            await pruned(home)
    assert "project/notes-a/build.json" in await home.store.list_keys("")
    record = await home.store.read_artifact("project/notes-a/build.json", BuildRecord)
    assert record.status is BuildStatus.REMOVING
    # Whatever the policy says by then: half a build is of no use to anybody.
    report = await pruned(home, RetentionPolicy(days=1_000, keep=9))
    assert reasons(report)["notes-a"] == "its removal had begun"
    assert await home.builds() == ["notes-b"]
    assert await home.store.list_folders("cache/answers") == ["notes-b"]


async def test_results_go_when_no_build_that_stays_refers_to_them(home: Home) -> None:
    await home.add("notes-a", days=300, results=("7-a", "7-both"))
    await home.add("notes-b", days=200, results=("7-b", "7-both"))
    await home.add("shop-a", status=BuildStatus.RUNNING, results=("7-old-but-used",))
    for key in ("7-a", "7-b", "7-both", "7-old-but-used", "7-nobody"):
        await home.add_result(key)
    await home.add_result("7-just-made", days=0.9)
    report = await pruned(home)
    assert await home.store.list_keys("cache/results") == [
        "cache/results/7-b",
        "cache/results/7-both",
        "cache/results/7-just-made",
        "cache/results/7-old-but-used",
    ]
    assert (report.swept[0].removed, report.swept[0].stay) == (2, 4)


async def test_answers_that_no_longer_serve_others_go(home: Home) -> None:
    for name, seconds in (("ab/old", 3_601), ("ab/young", 3_599), ("cd/old", 9_000)):
        key = f"cache/shared/{name}.json"
        await home.store.write_text(key, "{}")
        home.age(key, timedelta(seconds=seconds))
    report = await pruned(home)
    assert await home.store.list_keys("cache/shared") == ["cache/shared/ab/young.json"]
    assert (report.swept[1].removed, report.swept[1].size, report.swept[1].stay) == (2, 4, 1)


async def test_a_build_of_which_nothing_can_be_read_stays_and_says_why(home: Home) -> None:
    await home.store.write_text("project/notes-a/models.json", "{}")
    await home.store.write_text("project/notes-b/build.json", "{")
    report = await pruned(home, RetentionPolicy(days=0, keep=1))
    assert reasons(report)["notes-a"] == "it has no record"
    assert "'project/notes-b/build.json'" in reasons(report)["notes-b"]
    assert report.gone == ()


async def test_a_project_of_which_nothing_can_be_told_stops_it(home: Home) -> None:
    await home.add("notes-a", days=300)
    await home.add("notes-b", days=200)
    await home.store.write_text("projects/notes/published.json", "{")
    with pytest.raises(StorageError, match=r"projects/notes/published\.json"):
        await pruned(home)
    assert await home.builds() == ["notes-a", "notes-b"]


async def test_a_repository_goes_only_where_no_kept_build_is_published_in_it(home: Home) -> None:
    await home.add("notes-a", days=300, repository="notes")
    await home.add("notes-b", days=200, repository="notes")
    away = await home.add("notes-c", days=250)
    elsewhere = away.model_copy(update={"repository": "https://github.com/ann/notes"})
    await home.store.write_artifact("project/notes-c/build.json", elsewhere)
    report = await pruned(home, repositories=True)
    assert [row.repository for row in report.gone] == ["", ""]
    assert (home.root / "repositories" / "notes.git").exists()
