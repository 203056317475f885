import json
import re
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from core.artifacts.build_record import StageRecord, StageStatus, Usage
from core.stages import read_stage_rows
from flows import cli
from flows.terminal import TerminalListener, stage_line
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import load_table
from tests.flows.command import TINY, run, variables


def test_help_names_the_commands_and_options(tmp_path: Path) -> None:
    code, output = run("--help", environment=variables(tmp_path))
    assert code == 0
    assert all(command in output for command in ("build", "stages", "show"))
    code, output = run("build", "--help", environment=variables(tmp_path, COLUMNS="120"))
    assert code == 0
    assert all(name in output for name in ("--model", "--from-stage", "--use", "--fresh"))


def test_the_stages_are_listed_with_their_models(tmp_path: Path) -> None:
    code, output = run("stages", environment=variables(tmp_path))
    assert code == 0
    for row in read_stage_rows():
        assert f"{row['number']} {row['name']}" in output
    assert "clarifier: huggingface/OpenHermes-2.5-Mistral-7B, else huggingface/Qwen2" in output


@pytest.mark.parametrize(
    ("answers", "options", "said"),
    [
        ({"project_name": "", "summary": "x"}, [], "project_name"),
        ({"project_name": "a", "summary": "x" * 60_001}, [], "summary"),
        (
            {
                "project_name": "a",
                "summary": "b" * 40_000,
                "features": [{"title": "t", "description": "d" * 5_000}] * 5,
            },
            [],
            "at most 60,000",
        ),
        ({"project_name": "a", "summary": "b", "stack": {"backend": "cobol"}}, [], "stack.backend"),
        (
            {"project_name": "a", "summary": "b"},
            ["--model=3=nobody/x"],
            "unknown provider 'nobody'",
        ),
        ({"project_name": "a", "summary": "b"}, ["--model=99=demo/x"], "'99' is neither a stage"),
        ({"project_name": "a", "summary": "b"}, ["--from-stage=99"], "no stage '99'"),
        ("{", [], "Invalid JSON"),
        (None, [], "No such file"),
    ],
    ids=[
        "empty-name",
        "long-summary",
        "long-in-all",
        "stack",
        "provider",
        "stage",
        "from",
        "json",
        "missing",
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    tmp_path: Path, answers: object, options: list[str], said: str
) -> None:
    path = tmp_path / "answers.json"
    if answers is not None:
        path.write_text(answers if isinstance(answers, str) else json.dumps(answers))
    code, output = run("build", path, *options, environment=variables(tmp_path / "home"))
    assert code == 2
    assert said in output
    assert "Traceback" not in output
    assert not (tmp_path / "home").exists(), "nothing was started or written"


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("x" * 524_289, "docs.md: larger than 524,288 bytes, the most that is taken"),
        ("é" * 100_000, "shorten the largest part, use: 'docs/docs.md' with 600,002 bytes"),
    ],
    ids=["file", "parameters"],
)
def test_an_artifact_prefect_would_not_take_is_refused_before_anything_runs(
    tmp_path: Path, letters: str, said: str
) -> None:
    artifact = tmp_path / "docs.md"
    artifact.write_text(letters, encoding="utf-8")
    environment = variables(tmp_path / "home")
    code, output = run("build", TINY, f"--use=docs/docs.md={artifact}", environment=environment)
    assert code == 2
    assert said in output
    assert not (tmp_path / "home").exists(), "nothing was started or written"


def test_a_key_that_is_missing_is_bad_input(tmp_path: Path) -> None:
    environment = variables(tmp_path / "home", MODEL_ROUTER_DEMO_MODE="disabled")
    code, output = run("build", TINY, environment=environment)
    assert code == 2
    assert "DEEPSEEK_API_KEY (for stage 3 schema-generator" in output


def test_an_unknown_build_is_bad_input(tmp_path: Path) -> None:
    code, output = run("show", "nothing-here", environment=variables(tmp_path))
    assert code == 2
    assert "there is no build 'nothing-here'" in output


def test_a_prefect_api_that_does_not_answer_is_named(tmp_path: Path) -> None:
    environment = variables(tmp_path, PREFECT_API_URL="http://127.0.0.1:1/api")
    code, output = run("build", TINY, environment=environment)
    assert code == 1
    assert "http://127.0.0.1:1/api" in output
    assert "Traceback" not in output


def test_a_mistake_in_the_program_is_told_in_a_line_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise TypeError("odd")

    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "Unexpected error: TypeError: odd" in told
    assert "Traceback" not in told
    assert "Traceback" in (tmp_path / "errors.log").read_text()


def test_files_are_counted_now_and_then_where_nobody_watches() -> None:
    console = Console(record=True, force_terminal=False, width=100)
    told = TerminalListener(console, load_table(EnvironmentSecrets({})))
    for done in range(1, 101):
        told.file_written(f"f{done}.py", done, 100, Usage(calls=done, input_tokens=1_000))
    lines = console.export_text().splitlines()
    assert len(lines) == 10
    assert lines[-1].strip() == "files 100/100  100 calls, 1,000 tokens, $0.00"


def screen(written: str) -> str:
    """What a terminal shows once `written` has arrived."""
    lines, row, column = [""], 0, 0
    for code, text in re.findall(r"(\x1b\[[?\d;]*[A-Za-z]|\r|\n)|([^\x1b\r\n]+)", written):
        if text:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
        elif code == "\n":
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        elif code == "\r":
            column = 0
        elif code == "\x1b[1A":
            row -= 1
        elif code == "\x1b[2K":
            lines[row] = ""
    return "\n".join(lines)


def test_on_a_terminal_there_is_a_bar_that_goes_away() -> None:
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=100)
    told = TerminalListener(console, load_table(EnvironmentSecrets({})))
    told.file_written("a.py", 1, 2, Usage(calls=1))
    told.file_written("b.py", 2, 2, Usage(calls=2))
    give_up = time.monotonic() + 10
    while "b.py" not in screen(written.getvalue()):  # it is drawn anew ten times a second
        assert time.monotonic() < give_up, screen(written.getvalue())
        time.sleep(0.02)
    shown = screen(written.getvalue())
    assert re.search(r"files .*━ .*2/2.* 2 calls, 0 tokens, \$0\.00 +b\.py", shown), shown
    assert "a.py" not in shown

    told.close()
    told.close()
    assert screen(written.getvalue()).strip() == ""


def test_a_stage_is_told_on_one_line() -> None:
    done = StageRecord(
        status=StageStatus.COMPLETED,
        models=("a/b",),
        usage=Usage(calls=2, input_tokens=5, output_tokens=5, cost_usd=0.5),
        seconds=1.25,
    )
    line = stage_line("3 schema-generator", done).plain
    assert "✓ 3 schema-generator" in line
    assert "2 calls, 10 tokens, $0.50  a/b" in line
    assert "kept" in stage_line("3", done.model_copy(update={"cached": True})).plain
