"""A known-good repository, played back as the model's answers, comes out as it is.

`make test-gold` shows it of every gold repository, and of what models get wrong.
"""

from pathlib import Path

import pytest

from core.artifacts.build_record import BuildStatus
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import Dependency, FileContract
from core.errors import RequestRefusedError
from core.fence import fenced
from providers.llm.provider import LLMRequest, Message
from tests.codegen.scaffolds.products import product
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


@pytest.mark.parametrize("name", NAMES)
def test_what_packs_serve_is_what_lies_in_the_gold_repository(name: str) -> None:
    """Versions aside: those come from the package indexes, which only `make test-gold` asks."""
    gold = load(name)
    files = [
        FileContract.model_validate(gold.contract(file["path"]))
        for module in gold.modules
        for file in module["files"]
    ]
    keys = ("project_name", "slug", "summary", "stack")
    requirements = [{key: item[key] for key in ("id", "title")} for item in gold.requirements]
    spec = CleanSpec.model_validate(
        {**{key: gold.plan[key] for key in keys}, "requirements": requirements}
    )
    dependencies = [Dependency.model_validate(item) for item in gold.dependencies]
    served = product(spec, files, dependencies, workflows=False).served
    assert set(served) == set(gold.served)
    manifests = {"package.json", "pyproject.toml"}
    assert {path: gold.texts[path] for path in set(served) - manifests} == {
        path: text for path, text in served.items() if path not in manifests
    }
