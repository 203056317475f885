"""The command `plan`, and the page that every build shows before it begins."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from prefect.artifacts import Artifact

from core.artifacts.questionnaire import Questionnaire
from core.stages import read_stage_rows
from flows.build_app import build_app
from providers.storage.ledger_database import LedgerDatabase
from tests.flows.command import TINY, local_models, run, variables
from tests.providers.storage.ledger_calls import add_call

TINY_ANSWERS = Questionnaire(project_name="Plans", summary="Keeps short plans.")
ANSWERING = "--model=2=huggingface/meta-llama-4-scout-17b-16e-instruct"


def test_a_plan_without_keys_is_shown_lists_them_all_and_writes_nothing(tmp_path: Path) -> None:
    environment = variables(tmp_path / "home", MODEL_ROUTER_DEMO_MODE="disabled", COLUMNS="200")
    code, output = run("plan", TINY, ANSWERING, environment=environment)
    assert code == 1
    for row in read_stage_rows():
        assert f"{row['number']} {row['name']}" in output
    for key in ("ZUKIJOURNEY", "DEEPSEEK", "GEMINI", "HUGGINGFACE"):
        assert f"{key}_API_KEY (for stage " in output
    assert "in all" in output
    assert "PER_USER_MONTH_USD): enough" in output
    assert not (tmp_path / "home").exists(), "nothing was started or written"


def test_with_the_demo_model_a_plan_costs_nothing_and_can_run(tmp_path: Path) -> None:
    environment = variables(tmp_path / "home", MODEL_ROUTER_DEMO_MODE="forced", COLUMNS="200")
    code, output = run("plan", TINY, environment=environment)
    assert code == 0
    assert "A demo model answers, which costs nothing" in output
    assert "this build: $0 of $25.00" in output


def test_a_limit_that_is_too_low_is_named_and_the_plan_cannot_run(tmp_path: Path) -> None:
    keys = {f"{name}_API_KEY": "k" for name in ("ZUKIJOURNEY", "DEEPSEEK", "GEMINI", "HUGGINGFACE")}
    environment = variables(
        tmp_path / "home",
        MODEL_ROUTER_DEMO_MODE="disabled",
        APP_BUILDER_SPENDING__PER_BUILD_USD="0.01",
        COLUMNS="200",
        **keys,
    )
    code, output = run("plan", TINY, ANSWERING, environment=environment)
    assert code == 1
    assert "too low: the build will halt; raise APP_BUILDER_SPENDING__PER_BUILD_USD" in output
    assert "It cannot run" not in output


def test_bad_input_is_refused(tmp_path: Path) -> None:
    environment = variables(tmp_path / "home")
    for options, said in (("--model=3=nobody/x", "unknown provider"), ("--from-stage=99", "'99'")):
        code, output = run("plan", TINY, options, environment=environment)
        assert code == 2
        assert said in output


def test_a_plan_learns_from_the_ledger(tmp_path: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{tmp_path}/ledger.db")
    for number in range(5):
        add_call(
            database,
            build_id=f"b-{number}",
            template="clarifier",
            provider="local",
            model="clarifier",
            cost=Decimal(0),
            input_tokens=777,
            output_tokens=55,
            seconds=3,
        )
    database.close()
    environment = variables(tmp_path, LOCAL_LLM_BASE_URL="http://127.0.0.1:9/v1", COLUMNS="200")
    code, output = run("plan", TINY, *local_models(), environment=environment)
    assert code == 0
    assert "1 calls, 777 tokens in, 55 tokens out, $0, 3 s" in output
    assert "1 are known from the ledger" in output


@pytest.mark.usefixtures("prefect_server")
async def test_a_build_shows_its_plan_and_a_plan_of_it_later_knows_what_is_kept(
    home: Path,
) -> None:
    record = await build_app(TINY_ANSWERS)
    artifact = await Artifact.aget(f"plan-{record.build_id}")
    assert artifact is not None
    page = str(artifact.data)
    assert page.startswith(f"# Plan of `{record.build_id}`")
    assert "guessed from the questionnaire" in page
    assert "kept" not in page

    await build_app(TINY_ANSWERS)
    again = await Artifact.aget(f"plan-{record.build_id}")
    assert again is not None
    assert str(again.data).count("| kept |") == sum(
        row.get("cached", True) for row in read_stage_rows()
    )

    answers = home / "answers.json"
    answers.write_text(json.dumps({"project_name": "Plans", "summary": "Keeps short plans."}))
    environment = variables(home, MODEL_ROUTER_DEMO_MODE="forced", COLUMNS="200")
    code, output = run("plan", answers, "--from-stage=5", environment=environment)
    assert code == 0
    assert "as an earlier run planned them" in output
    kept = [line for line in output.splitlines() if line.endswith("kept")]
    assert [line.split()[0] for line in kept] == ["0", "1", "1.5", "2", "3", "3.5", "4"]
