"""Builds that begin at the same time on a new server make its block of results together."""

import pytest
from prefect.exceptions import ObjectAlreadyExists

from tasks.engine.result_storage import ArtifactStoreResults, saved_result_storage


class _Saving:
    """Another build comes between as often as it is told."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    async def __call__(self, name: str, *, overwrite: bool) -> None:
        assert name.startswith("results-")
        assert overwrite
        if self.left:
            self.left -= 1
            raise ObjectAlreadyExists(Exception("made meanwhile"))


async def test_what_another_build_made_meanwhile_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    saving = _Saving(3)
    monkeypatch.setattr(ArtifactStoreResults, "asave", saving)
    assert (await saved_result_storage("memory://store")).url == "memory://store"
    assert saving.left == 0


async def test_it_does_not_try_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArtifactStoreResults, "asave", _Saving(5))
    with pytest.raises(ObjectAlreadyExists):
        await saved_result_storage("memory://store")
