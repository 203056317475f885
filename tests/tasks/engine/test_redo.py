from pathlib import Path

import pytest

from core.errors import InputError
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.preparation import load_table
from tasks.engine.redo import Redo, begin_redo, load_redo, save_redo

TABLE = load_table(EnvironmentSecrets({}))


def test_a_redo_gives_every_stage_from_the_one_named_a_new_generation() -> None:
    redo = begin_redo(Redo(), TABLE, "7")
    assert redo == Redo(generations={"7": 1, "7.5": 1, "8": 1}, unfinished="7")


def test_the_same_redo_goes_on_until_it_is_finished() -> None:
    redo = begin_redo(Redo(), TABLE, "7")
    assert begin_redo(redo, TABLE, "7") == redo
    finished = redo.model_copy(update={"unfinished": ""})
    assert begin_redo(finished, TABLE, "7").generations["7"] == 2


def test_without_a_stage_named_the_redo_under_way_stays_as_it_is() -> None:
    redo = begin_redo(Redo(), TABLE, "7")
    assert begin_redo(redo, TABLE, "") == redo


def test_another_redo_begins_anew() -> None:
    redo = begin_redo(begin_redo(Redo(), TABLE, "7"), TABLE, "5")
    assert redo.generations == {"5": 1, "6": 1, "7": 2, "7.5": 2, "8": 2}
    assert redo.unfinished == "5"


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(InputError, match="no stage '42'"):
        begin_redo(Redo(), TABLE, "42")


async def test_what_was_redone_is_kept_with_the_build(tmp_path: Path) -> None:
    store = ArtifactStore(f"file://{tmp_path}")
    assert await load_redo(store, "b") == Redo()
    await save_redo(store, "b", Redo())
    assert await store.list_keys("") == []
    redo = begin_redo(Redo(), TABLE, "8")
    await save_redo(store, "b", redo)
    assert await load_redo(store, "b") == redo
