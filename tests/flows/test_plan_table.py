"""The table of a plan on terminals of several widths."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from core.settings import Settings
from flows.plan_table import plan_table
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.plan import BuildPlan, make_plan
from tasks.engine.plan_text import HEAD, plan_rows
from tasks.engine.preparation import prepare_build

ANSWERS = Questionnaire(project_name="Plans", summary="Keeps short plans.")
LONGEST = "huggingface/meta-llama-4-scout-17b-16e-instruct"
KEYS = EnvironmentSecrets({"HUGGINGFACE_API_KEY": "k", "ZUKIJOURNEY_API_KEY": "k"})


async def planned(folder: Path) -> BuildPlan:
    settings = Settings.model_validate({"home": folder, "demo_mode": "disabled", "user": "ada"})
    options = BuildOptions(models={"2": LONGEST})
    prepared = prepare_build(settings, ANSWERS, options, KEYS, need_keys=False)
    return await make_plan(settings, prepared, ArtifactStore(settings.store_url))


def shown(plan: BuildPlan, width: int) -> list[str]:
    printed = Console(file=StringIO(), width=width)
    printed.print(plan_table(plan, width))
    assert isinstance(printed.file, StringIO)
    return printed.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 120, 130, 160])
async def test_every_amount_and_its_range_is_whole_at_any_width(tmp_path: Path, width: int) -> None:
    plan = await planned(tmp_path)
    lines = shown(plan, width)
    words = " ".join(lines)
    assert max(map(len, lines)) <= width
    for label, _, *amounts in plan_rows(plan):
        assert label in words
        for amount in amounts:
            mean, _, interval = amount.removesuffix(")").partition(" (")
            assert mean in words
            assert interval in words
    assert all(name in words for name in HEAD[2:])


async def test_a_range_stands_below_its_amount(tmp_path: Path) -> None:
    lines = shown(await planned(tmp_path), 80)
    begin = lines.index("1.5 normalizer  zukijourney/gpt-5-mini")
    amounts, ranges = lines[begin + 1 : begin + 3]
    assert amounts.split()[:3] == ["1", "3,000", "2,500"]
    assert ranges.split()[0] == "1,175–5,383"
    assert amounts.index("3,000") + 5 == ranges.index("1,175–5,383") + 11, "flush right"


async def test_a_fallback_has_a_line_of_its_own(tmp_path: Path) -> None:
    plan = await planned(tmp_path)
    for width in (80, 160):
        lines = shown(plan, width)
        assert sum(line.lstrip().startswith("else huggingface/") for line in lines) == 1


async def test_a_stage_that_takes_nothing_has_no_line_of_dashes(tmp_path: Path) -> None:
    lines = shown(await planned(tmp_path), 80)
    assert not any(set(line.split()) == {"–"} for line in lines)
