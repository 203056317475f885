"""The image's entry: secrets of files become variables of the command, and of nothing else."""

import os
import re
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "deployments/entrypoint.sh"


def entered(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), *command],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_file_becomes_its_variable(tmp_path: Path) -> None:
    (tmp_path / "url").write_text('redis://limits:p$w\'d "x"@cache/0\n')
    done = entered("env", APP_BUILDER_RATE_LIMITS__URL_FILE=str(tmp_path / "url"), OTHER_FILE="/x")
    assert 'APP_BUILDER_RATE_LIMITS__URL=redis://limits:p$w\'d "x"@cache/0\n' in done.stdout
    assert "APP_BUILDER_RATE_LIMITS__URL_FILE" not in done.stdout
    assert "OTHER_FILE=/x\n" in done.stdout


def test_what_signs_in_at_a_collector_and_where_alerts_go_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("authorization=Bearer%20t\n")
    (tmp_path / "alerts").write_text("")
    done = entered(
        "env",
        OTEL_EXPORTER_OTLP_HEADERS_FILE=str(tmp_path / "headers"),
        ALERT_WEBHOOK_URL_FILE=str(tmp_path / "alerts"),
        OUTCOME_WEBHOOK_URL_FILE="",  # as good as not set
    )
    told = done.stdout.splitlines()
    assert "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20t" in told
    assert "ALERT_WEBHOOK_URL=" in told


def test_a_file_that_cannot_be_read_starts_nothing(tmp_path: Path) -> None:
    done = entered("echo", "started", PREFECT_API_AUTH_STRING_FILE=str(tmp_path / "no"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "PREFECT_API_AUTH_STRING_FILE names" in done.stderr


def test_both_forms_at_once_are_refused(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("a")
    done = entered(
        "echo",
        "started",
        APP_BUILDER_LEDGER_URL="sqlite://",
        APP_BUILDER_LEDGER_URL_FILE=str(tmp_path / "url"),
    )
    assert done.returncode == 2
    assert "both set" in done.stderr


def test_without_files_the_command_runs_as_it_is() -> None:
    done = entered("sh", "-c", 'echo "$1|$2"; exit 3', "sh", "a b", "*")
    assert done.stdout == "a b|*\n"
    assert done.returncode == 3


def test_no_variable_of_the_list_is_a_word_of_the_shell() -> None:
    names = re.findall(r"^    ([A-Z_ ]+?) ?\\?$", SCRIPT.read_text(), re.MULTILINE)
    assert all(re.fullmatch(r"[A-Z][A-Z_]+", name) for line in names for name in line.split())


def test_where_lines_of_json_are_asked_for_prefect_is_told_and_an_own_choice_stays() -> None:
    name = "PREFECT_LOGGING_SETTINGS_PATH"
    asked = entered("env", APP_BUILDER_LOG_FORMAT="json").stdout
    assert f"{name}=/app/flows/logging.yaml\n" in asked
    assert (
        f"{name}=/own\n" in entered("env", APP_BUILDER_LOG_FORMAT="json", **{name: "/own"}).stdout
    )
    assert name not in entered("env", APP_BUILDER_LOG_FORMAT="text").stdout
    assert (SCRIPT.parents[1] / "flows/logging.yaml").is_file()
