"""The command `plan`, and the page that every build shows before it begins."""

import asyncio
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from prefect.artifacts import Artifact
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.variables import Variable
from rich.console import Console

from core.artifacts.questionnaire import Questionnaire
from core.errors import StorageError
from core.options import BuildOptions
from core.settings import SpendingLimits, load_settings
from core.stages import read_stage_rows
from flows.build_app import build_app
from flows.plan_command import run_plan_command
from flows.questionnaire_file import make_options, parse_pairs, read_questionnaire
from providers.llm.stage_router import ModelChoice
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger_database import LedgerDatabase
from tasks.engine.model_choices import save_choices
from tasks.engine.operator_models import MODELS_VARIABLE
from tasks.engine.plan import make_plan
from tasks.engine.plan_text import plan_notes
from tasks.engine.preparation import identity_of, prepare_build
from tasks.engine.secret_sources import environment_secrets
from tests.flows.command import TINY, local_models, run, variables
from tests.providers.storage.ledger_calls import add_call
from tests.providers.storage.ledgers import ledger_in

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


def test_keys_that_may_be_in_blocks_of_a_server_to_be_started_are_not_checked(
    tmp_path: Path,
) -> None:
    environment = variables(
        tmp_path / "home",
        MODEL_ROUTER_DEMO_MODE="auto",
        APP_BUILDER_SECRET_SOURCES='["environment", "prefect"]',
        COLUMNS="200",
    )
    assert "PREFECT_API_URL" not in environment
    code, output = run("plan", TINY, ANSWERING, environment=environment)
    assert code == 0, output
    assert "are not checked, and taken to be there: the build starts a server first" in output
    assert "A demo model answers" not in output, "for a key may be there"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("kept", ["gpt-4o", "gpt-5-mini"])
def test_models_left_to_the_router_are_those_that_the_build_has_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    options = make_options(models={"all": "auto"})
    choice = ModelChoice("zukijourney", kept)
    _, build_id = identity_of(read_questionnaire(TINY), options)
    store = ArtifactStore(f"file://{tmp_path}/store")
    asyncio.run(save_choices(store, build_id, {"clarifier": (choice,)}))
    keys = {"ZUKIJOURNEY_API_KEY": "k", "MODEL_ROUTER_DEMO_MODE": "disabled"}

    _, output = planned(tmp_path, monkeypatch, "all=auto", **keys)
    row = next(line for line in output.splitlines() if "1 clarifier" in line)
    assert f"zukijourney/{kept}" in row
    assert {path.name for path in tmp_path.iterdir()} == {"store"}, "nothing was written"


def test_models_that_fail_of_late_are_not_chosen_in_a_plan_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"ZUKIJOURNEY_API_KEY": "k", "MODEL_ROUTER_DEMO_MODE": "disabled"}
    _, before = planned(tmp_path, monkeypatch, "all=auto", **keys)
    chosen = next(line for line in before.splitlines() if "1 clarifier" in line).split()[2]
    provider, _, model = chosen.strip(",").partition("/")
    asyncio.run(fail(tmp_path / "ledger.db", provider, model))
    _, after = planned(tmp_path, monkeypatch, "all=auto", **keys)
    row = next(line for line in after.splitlines() if "1 clarifier" in line)
    assert row.split()[2].strip(",") != chosen.strip(",")


async def fail(ledger_file: Path, provider: str, model: str) -> None:
    """As if a build had asked the model of late, and it had been broken each time."""
    ledger = ledger_in(ledger_file)
    call = CallIdentity(
        build_id="other", project_id="p", user="u", stage="1", provider=provider, model=model
    )
    maxima = CallMaxima(per_stage=9, per_file=9, per_build=9)
    for _ in range(5):
        call_id = await ledger.reserve(
            call, maxima, spending=SpendingLimits(), estimate_usd=Decimal(0), seconds=9
        )
        await ledger.settle(
            call_id, outcome="failed", error_class="ProviderFailedError", error="it broke"
        )
    ledger.close()


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
    row = next(line for line in output.splitlines() if "1 clarifier" in line)
    assert row.split()[2:] == ["local/clarifier", "1", "777", "55", "$0", "3", "s"]
    assert "1 are known from the ledger" in output


@pytest.mark.usefixtures("prefect_server", "verified_by_reading")
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


async def test_a_plan_is_for_the_models_that_the_operator_chose(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Variable.aset(MODELS_VARIABLE, {"2": "demo/demo"}, overwrite=True)
    try:
        _, output = await asyncio.to_thread(
            planned, tmp_path / "home", monkeypatch, MODEL_ROUTER_DEMO_MODE="disabled"
        )
    finally:
        await Variable.aunset(MODELS_VARIABLE)
    assert "A demo model answers, which costs nothing" in output


def test_a_server_that_is_configured_and_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:9/api"
    with (
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(StorageError, match=r"app_builder_models cannot be read.*127\.0\.0\.1:9"),
    ):
        planned(tmp_path / "home", monkeypatch)
