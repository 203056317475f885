"""Deleting a project: all of it goes, nothing else does, and a kill is made good."""

import pytest

from core.artifacts.build_record import BuildStatus
from core.errors import BuildBusyError, InputError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_forgetting import LedgerForgetting
from tasks.engine.build_lock import build_locked
from tasks.retention.project import delete_project, find_project
from tests.providers.storage.ledger_calls import add_call
from tests.tasks.retention.stores import Home

PROJECT = "p"
"""The project that `add_call` makes calls for."""


@pytest.fixture
async def filled(home: Home) -> Home:
    """Two builds of `p`, one of another project of a similar name, and what belongs to each."""
    await home.add("p-a", results=("7-own", "7-both"))
    await home.add("p-b", status=BuildStatus.WAITING, published=False)
    await home.add("p-x-a", results=("7-both", "7-other"))
    for key in ("7-own", "7-both", "7-other"):
        await home.add_result(key)
    for build_id in ("p-a", "p-x-a"):
        await home.publish(build_id)
        await home.store.write_text(f"inbox/taken/{build_id}.json", "{}")
    await home.begin_change("p", "p-c", "p-a")
    database = LedgerDatabase(home.settings.ledger_database_url)
    add_call(database, build_id="p-a", file="app/a.py")
    add_call(database, build_id="p-b")
    database.close()
    return home


async def deleted(home: Home, project_id: str = PROJECT) -> None:
    contents = await find_project(home.settings, home.store, project_id)
    await delete_project(home.settings, home.store, contents)


def left(home: Home, *, without: tuple[str, ...] = ("ledger.db", "probe")) -> list[str]:
    """Files and folders of the home folder whose name tells of the project."""
    names = [str(path.relative_to(home.root)) for path in home.root.rglob("*")]
    return sorted(
        name
        for name in names
        if not any(one in name for one in without)
        and any(part in name for part in ("p-a", "p-b", "p-c", "projects/p", "7-own"))
        and "p-x" not in name
    )


async def test_all_of_it_is_found_before_anything_is_removed(filled: Home) -> None:
    before = left(filled)
    found = await find_project(filled.settings, filled.store, PROJECT)
    assert [build.build_id for build in found.builds] == ["p-a", "p-b"]
    assert (found.files, found.size > 300, found.calls) == (7, True, 2)
    assert found.results == ("7-own",)
    assert found.notes == (
        "inbox/taken/p-a.json",
        "projects/p/begun/p-c.json",
        "projects/p/published.json",
    )
    assert [str(path.relative_to(filled.root)) for path in found.folders] == [
        "repositories/p-a.git",
        "work/p-a",
        "work/p-b",
    ]
    assert found.waiting == ("p-b",)
    assert left(filled) == before


async def test_nothing_of_it_is_left_and_all_of_others_is(filled: Home) -> None:
    others = [key for key in await filled.store.list_keys("") if "p-x" in key]
    await deleted(filled)
    assert left(filled) == []
    kept = await filled.store.list_keys("")
    assert [key for key in kept if "p-x" in key] == others
    assert [key for key in kept if "results/" in key] == [
        "cache/results/7-both",
        "cache/results/7-other",
    ]
    assert (filled.root / "repositories" / "p-x-a.git").exists()
    assert (filled.root / "work" / "p-x-a").exists()
    database = LedgerDatabase(filled.settings.ledger_database_url)
    assert await LedgerForgetting(database).known(PROJECT) == 0
    database.close()
    with pytest.raises(InputError, match="there is no project 'p' in"):
        await find_project(filled.settings, filled.store, PROJECT)


async def test_while_one_of_its_builds_runs_nothing_is_removed(filled: Home) -> None:
    before = await filled.store.list_keys("project")
    with (
        build_locked(filled.root / "locks", "p-b"),
        pytest.raises(BuildBusyError, match="'p-b' is already running"),
    ):
        await deleted(filled)
    assert await filled.store.list_keys("project") == before
    await deleted(filled)
    assert left(filled) == []


@pytest.mark.parametrize("removals", range(11))
async def test_a_deletion_that_was_killed_is_finished_by_the_same_command(
    filled: Home, monkeypatch: pytest.MonkeyPatch, removals: int
) -> None:
    delete, left_over = ArtifactStore.delete, [removals]

    async def delete_some(store: ArtifactStore, key: str) -> None:
        if not key.startswith("locks/"):
            if not left_over[0]:
                raise StorageError("killed")
            left_over[0] -= 1
        await delete(store, key)

    with monkeypatch.context() as patch:
        patch.setattr(ArtifactStore, "delete", delete_some)
        with pytest.raises(StorageError, match="killed"):
            await deleted(filled)
    await deleted(filled)
    assert left(filled) == []
    assert [key for key in await filled.store.list_keys("cache/results") if "own" in key] == []


async def test_what_is_published_elsewhere_is_named_and_left(home: Home) -> None:
    record = await home.add("p-a")
    for build_id, place in (("p-a", "https://github.com/ann/p"), ("p-b", "/srv/elsewhere/p.git")):
        changed = record.model_copy(update={"build_id": build_id, "repository": place})
        await home.store.write_artifact(f"project/{build_id}/build.json", changed)
    found = await find_project(home.settings, home.store, PROJECT)
    assert found.elsewhere == ("/srv/elsewhere/p.git", "https://github.com/ann/p")


async def test_what_a_machine_keeps_of_lost_builds_goes_as_well(home: Home) -> None:
    for folder in ("work/p-lost", "repositories/p-lost.git", "work/p-x-lost"):
        (home.root / folder).mkdir(parents=True)
    await deleted(home)
    assert [path.name for path in (home.root / "work").iterdir()] == ["p-x-lost"]
    assert list((home.root / "repositories").iterdir()) == []


async def test_an_unknown_project_is_refused_with_the_near_ones(home: Home) -> None:
    await home.add("reading-list-a")
    with pytest.raises(InputError, match=r"no project 'reading-lits' .*near it: 'reading-list'"):
        await find_project(home.settings, home.store, "reading-lits")
    assert not (home.root / "ledger.db").exists()
