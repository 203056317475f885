"""A known-good repository, played back as the model's answers, comes out as it is.

`make test-gold` shows it of every gold repository, and of what models get wrong.
"""

from pathlib import Path

import pytest

from core.artifacts.build_record import BuildStatus
from core.errors import RequestRefusedError
from core.fence import fenced
from providers.llm.provider import LLMRequest, Message
from tests.gold.builds import assert_reproduced, build
from tests.gold.playback import Playback, played_back
from tests.gold.repository import NAMES, load


@pytest.mark.usefixtures("prefect_server")
async def test_a_gold_repository_comes_out_byte_for_byte(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load("shift-tally")
    playback = Playback(gold)
    with played_back(playback) as url:
        monkeypatch.setenv("LOCAL_LLM_BASE_URL", url)
        monkeypatch.setenv("MODEL_ROUTER_DEMO_MODE", "disabled")
        record = await build(gold)
    assert record.status is BuildStatus.COMPLETED
    assert_reproduced(gold, record, playback)


@pytest.mark.parametrize("name", NAMES)
def test_gold_repositories_are_real_products(name: str) -> None:
    gold = load(name)
    assert 10 <= len(gold.texts) <= 60
    planned = {test["requirement"] for test in gold.planned_tests()}
    assert planned == {item["id"] for item in gold.requirements}
    for test in gold.planned_tests():
        assert test["case"] in gold.texts[test["path"]]


async def test_a_prompt_that_forgot_something_is_refused() -> None:
    playback = Playback(load("shift-tally"))
    question = Message(role="user", content=fenced("specs", '{"requirements": []}'))
    request = LLMRequest(model="m", system="# docs-creator\n", messages=(question,))
    with pytest.raises(RequestRefusedError, match="docs-creator prompt forgot the requirements"):
        await playback.complete(request)
    other = request.model_copy(update={"system": "# coder\n"})
    with pytest.raises(RequestRefusedError, match="forgot the data block 'file'"):
        await playback.complete(other)
