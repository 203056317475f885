"""The command `plan`, and the page that every build shows before it begins."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from prefect.artifacts import Artifact
from rich.console import Console

from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from core.settings import load_settings
from core.stages import read_stage_rows
from flows.build_app import build_app
from flows.plan_command import run_plan_command
from flows.questionnaire_file import make_options, parse_pairs, read_questionnaire
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger_database import LedgerDatabase
from tasks.engine.plan import make_plan
from tasks.engine.plan_text import plan_notes
from tasks.engine.preparation import prepare_build
from tasks.engine.secret_sources import environment_secrets
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


def planned(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str, **more: str
) -> tuple[bool, str]:
    """What `plan` prints, in this process."""
    monkeypatch.setenv("APP_BUILDER_HOME", str(folder))
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    models = parse_pairs("--model", list(options), "STAGE=PROVIDER/MODEL")
    printed = Console(file=StringIO(), width=200)
    can_run = run_plan_command(
        load_settings(), read_questionnaire(TINY), make_options(models=models), printed
    )
    assert isinstance(printed.file, StringIO)
    return can_run, printed.file.getvalue()


def test_with_the_demo_model_a_plan_costs_nothing_and_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    can_run, output = planned(tmp_path / "home", monkeypatch, MODEL_ROUTER_DEMO_MODE="forced")
    assert can_run
    assert "A demo model answers, which costs nothing" in output
    assert "this build: $0 of $25.00" in output


@pytest.mark.parametrize(
    ("limit", "can_run", "said"),
    [
        ("0.01", False, "too low: the build will halt; raise APP_BUILDER_SPENDING__PER_BUILD_USD"),
        ("25", True, "(APP_BUILDER_SPENDING__PER_BUILD_USD): enough"),
    ],
)
def test_a_limit_is_held_against_what_the_build_will_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, can_run: bool, said: str
) -> None:
    keys = {f"{name}_API_KEY": "k" for name in ("ZUKIJOURNEY", "DEEPSEEK", "GEMINI", "HUGGINGFACE")}
    found, output = planned(
        tmp_path / "home",
        monkeypatch,
        ANSWERING.removeprefix("--model="),
        MODEL_ROUTER_DEMO_MODE="disabled",
        APP_BUILDER_SPENDING__PER_BUILD_USD=limit,
        **keys,
    )
    assert found is can_run
    assert said in output
    assert "It cannot run" not in output


def test_bad_input_is_refused(tmp_path: Path) -> None:
    environment = variables(tmp_path / "home")
    code, output = run("plan", TINY, "--from-stage=99", environment=environment)
    assert code == 2
    assert "there is no stage '99'" in output


def test_a_plan_learns_from_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    can_run, output = planned(
        tmp_path,
        monkeypatch,
        *(option.removeprefix("--model=") for option in local_models()),
        LOCAL_LLM_BASE_URL="http://127.0.0.1:9/v1",
    )
    assert can_run
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

    prepared = prepare_build(
        load_settings(), TINY_ANSWERS, BuildOptions(from_stage="5"), environment_secrets()
    )
    plan = await make_plan(load_settings(), prepared, ArtifactStore(load_settings().store_url))
    kept = [stage.stage.number for stage in plan.stages if stage.is_kept]
    assert kept == ["0", "1", "1.5", "2", "3", "3.5", "4"]
    assert "as an earlier run planned them" in plan_notes(plan)[0]
