"""A known-good repository, played back as the model's answers, comes out as it is."""

from pathlib import Path

import pytest

from core.artifacts.build_record import BuildStatus
from tests.gold.builds import assert_reproduced, build
from tests.gold.playback import Playback, played_back
from tests.gold.repository import NAMES, load

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.mark.parametrize("name", NAMES)
async def test_a_gold_repository_comes_out_byte_for_byte(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load(name)
    playback = Playback(gold)
    with played_back(playback) as url:
        monkeypatch.setenv("LOCAL_LLM_BASE_URL", url)
        monkeypatch.setenv("MODEL_ROUTER_DEMO_MODE", "disabled")
        record = await build(gold)
    assert record.status is BuildStatus.COMPLETED
    assert_reproduced(gold, record, playback)
