"""Plans of stages and limits, without a server; whole plans are in tests/flows/test_plan.py."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus
from core.artifacts.decisions import Decision, Decisions
from core.artifacts.questionnaire import Questionnaire
from core.estimate import Estimate
from core.layout import BUILD_RECORD, DECISIONS, build_prefix
from core.options import BuildOptions
from core.settings import Settings
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger_database import LedgerDatabase
from tasks.engine.plan import BuildPlan, make_plan
from tasks.engine.plan_limits import LimitPlan, Need
from tasks.engine.plan_text import limit_lines, plan_page, plan_rows
from tasks.engine.preparation import PreparedBuild, prepare_build
from tests.providers.storage.ledger_calls import add_call

ANSWERS = Questionnaire(project_name="Plans | `x`", summary="Keeps short plans.")


def prepared(settings: Settings, **options: str) -> PreparedBuild:
    return prepare_build(
        settings, ANSWERS, BuildOptions.model_validate(options), EnvironmentSecrets({})
    )


async def planned(settings: Settings, **options: str) -> BuildPlan:
    return await make_plan(
        settings, prepared(settings, **options), ArtifactStore(settings.store_url)
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"home": tmp_path, "demo_mode": "forced", "user": "ada"})


async def record_completed(settings: Settings, *stages: str, model: str = "demo/demo") -> None:
    """As if an earlier run had finished these stages."""
    build = prepared(settings)
    done = StageRecord(status=StageStatus.COMPLETED, models=(model,))
    record = BuildRecord(
        build_id=build.build_id,
        project_id=build.project_id,
        project_name=ANSWERS.project_name,
        user="ada",
        stages=dict.fromkeys(stages, done),
    )
    store = ArtifactStore(settings.store_url)
    await store.write_artifact(build_prefix(build.build_id) + BUILD_RECORD, record)


async def kept(settings: Settings, **options: str) -> list[str]:
    plan = await planned(settings, **options)
    return [stage.stage.number for stage in plan.stages if stage.is_kept]


async def test_stages_are_kept_until_the_first_that_has_to_run_again(settings: Settings) -> None:
    assert await kept(settings) == []
    await record_completed(settings, "0", "1", "1.5", "3")
    assert await kept(settings) == ["0", "1", "1.5"]
    assert await kept(settings, from_stage="1.5") == ["0", "1"]
    assert await kept(settings, fresh="again") == []


async def test_a_stage_that_another_model_answered_is_not_kept(settings: Settings) -> None:
    await record_completed(settings, "0", "1", model="deepseek/deepseek-v3")
    assert await kept(settings) == ["0"]


async def test_files_that_are_there_are_not_asked_again(settings: Settings) -> None:
    before = await planned(settings)
    database = LedgerDatabase(settings.ledger_database_url)
    build_id = before.prepared.build_id
    for number in range(4):
        add_call(database, build_id=build_id, template="coder", file=f"a{number}.py")
    database.close()
    after = await planned(settings)
    calls = [
        next(use.calls.mean for use in plan.uses if use.template == "coder")
        for plan in (before, after)
    ]
    assert calls[0] > calls[1]
    notes = [stage.note for stage in after.stages if stage.note]
    assert notes == ["4 files are kept from an earlier run"]
    again = await planned(settings, from_stage="7")
    assert not any(stage.note for stage in again.stages)


async def test_the_limit_is_the_one_that_a_person_raised(settings: Settings) -> None:
    build_id = prepared(settings).build_id
    answer: dict[str, JsonValue] = {"action": "Raise the limit", "limit_usd": 60}
    decisions = Decisions(decisions={"budget-1": Decision(question="More?", answer=answer)})
    store = ArtifactStore(settings.store_url)
    assert Decimal(60) not in [limit.limit_usd for limit in (await planned(settings)).limits]
    await store.write_artifact(build_prefix(build_id) + DECISIONS, decisions)
    assert Decimal(60) in [limit.limit_usd for limit in (await planned(settings)).limits]


async def test_what_was_spent_counts_against_the_limits(settings: Settings) -> None:
    plan = await planned(settings)
    assert [limit.spent_usd for limit in plan.limits] == [Decimal(0)] * 3
    need = Need(Estimate(1.5), Estimate(2.25), Estimate(3))
    spent = LimitPlan("this build", "X", Decimal(10), Decimal(4), need)
    lines = limit_lines(BuildPlan(plan.prepared, plan.size, plan.stages, (spent,)))
    assert lines == [
        "this build: $1.50, with worst cases reserved $2.25, of $6.00 left (X is $10.00, "
        "$4.00 spent): enough"
    ]
    held = replace(spent, reserved_usd=Decimal("3.5"))
    lines = limit_lines(BuildPlan(plan.prepared, plan.size, plan.stages, (held,)))
    assert lines == [
        "this build: $1.50, with worst cases reserved $2.25, of $6.00 left (X is $10.00, "
        "$4.00 spent, $3.50 reserved by open calls): enough, but calls will wait for one another; "
        "X is why"
    ]


async def test_costs_that_rest_on_an_assumed_price_say_so(settings: Settings) -> None:
    assert "assumed price" not in plan_page(await planned(settings))
    options = BuildOptions(models={"all": "zukijourney/gpt-4o"})
    key = EnvironmentSecrets({"ZUKIJOURNEY_API_KEY": "k"})
    build = prepare_build(settings, ANSWERS, options, key)
    page = plan_page(await make_plan(settings, build, ArtifactStore(settings.store_url)))
    (line,) = [line for line in page.splitlines() if "assumed price" in line]
    assert line.startswith("Costs of zukijourney/")
    assert "zukijourney/gpt-4o" in line


async def test_the_page_has_a_row_for_each_template_and_no_markdown_of_a_person(
    settings: Settings,
) -> None:
    plan = await planned(settings)
    assert len(plan_rows(plan)) == len(plan.stages) + 2  # stage 7 asks two, and the sum
    page = plan_page(plan)
    assert page.count("\n| ") == len(plan_rows(plan)) + 2  # the head and the line below it
    assert "## Limits" in page
    assert plan.can_run
