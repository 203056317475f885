from io import StringIO

from rich.console import Console

from core.artifacts.build_record import BuildRecord, BuildStatus, StageRecord, StageStatus, Usage
from flows.terminal import TerminalListener, print_record, print_summary
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import load_table

TABLE = load_table(EnvironmentSecrets({}))
BEGUN = {stage.number: StageRecord(status=StageStatus.RUNNING) for stage in TABLE.stages}
MODEL = "openrouter/a-vendor-of-models/one-with-a-rather-long-name-2026-11-22"


def record(**fields: object) -> BuildRecord:
    given = {"build_id": "b-1", "project_id": "b", "project_name": "B", "user": "u", **fields}
    return BuildRecord.model_validate(given)


def console(*, terminal: bool = False) -> tuple[Console, StringIO]:
    written = StringIO()
    return Console(file=written, force_terminal=terminal, width=80), written


def test_elsewhere_a_stage_that_asks_models_is_told_when_it_begins() -> None:
    screen, written = console()
    told = TerminalListener(screen, TABLE)
    for stage in TABLE.stages:
        told.stage_changed(record(stages=BEGUN), stage.number)
    asking = [f"▸ {stage.label}" for stage in TABLE.stages if stage.models]
    assert written.getvalue().splitlines() == asking
    assert len(asking) < len(TABLE.stages)


def test_on_a_terminal_the_stage_at_work_is_shown_with_its_time() -> None:
    screen, written = console(terminal=True)
    told = TerminalListener(screen, TABLE)
    told.stage_changed(record(stages=BEGUN), "3")
    assert "3 schema-generator" in written.getvalue()
    assert "0:00:00" in written.getvalue()
    done = {"3": StageRecord(status=StageStatus.COMPLETED, seconds=2)}
    told.stage_changed(record(stages=done), "3")
    assert written.getvalue().rstrip().splitlines()[-1].endswith("2.0 s")
    assert "▸" not in written.getvalue()


def test_a_build_for_review_says_why_and_sends_to_its_branch() -> None:
    screen, written = console()
    built = record(
        status=BuildStatus.REVIEW,
        repository="/a folder/b-1.git",
        branch="review/b-1",
        commit="c" * 40,
        test_status="red",
        test_reason="2 of 9 tests failed.",
    )
    print_summary(screen, built, "/store/project/b-1/report/report.md")
    said = written.getvalue()
    assert "git clone --branch review/b-1 '/a folder/b-1.git'" in said
    assert "  why         2 of 9 tests failed." in said
    assert "  report      /store/project/b-1/report/report.md" in said


def test_a_green_build_is_cloned_as_it_is() -> None:
    screen, written = console()
    built = record(
        status=BuildStatus.COMPLETED, repository="/b.git", branch="main", test_status="green"
    )
    print_summary(screen, built, "/report.md")
    assert "git clone /b.git" in written.getvalue()
    assert "  why " not in written.getvalue()


def test_show_has_room_for_models_and_errors_in_80_columns() -> None:
    screen, written = console()
    usage = Usage(calls=9_999, input_tokens=9_999_999, cost_usd=999.5)
    stages = {
        stage.number: StageRecord(
            status=StageStatus.COMPLETED, cached=True, models=(MODEL,), usage=usage, seconds=9_999
        )
        for stage in TABLE.stages
    }
    failed = StageRecord(status=StageStatus.FAILED, error=f"{MODEL} said no. " * 9)
    print_record(screen, TABLE, record(failed_at="8", stages={**stages, "8": failed}))
    lines = written.getvalue().splitlines()
    assert f"    {MODEL}" in lines
    assert any(line.count(f"{MODEL} said no.") == 9 for line in lines)
    rows = [line for line in lines if line.startswith("7 code-generation")]
    assert len(rows) == 1
    assert rows[0].split()[2:] == [
        "completed",
        "(kept)",
        "9999",
        "9,999,999",
        "$999.5000",
        "9999.0",
    ]
    assert all(len(line) <= 80 for line in lines if line[:1].isdigit()), lines


def test_a_build_says_which_run_works_on_it_wherever_that_is() -> None:
    screen, written = console()
    print_record(screen, TABLE, record(flow_run_id="r-1", started_at="2026-01-01T10:00:00+00:00"))
    assert "run r-1, begun 2026-01-01T10:00:00+00:00\n" in written.getvalue()

    screen, written = console()
    ended = "2026-01-01T11:00:00+00:00"
    print_record(screen, TABLE, record(flow_run_id="r-1", status="cancelled", finished_at=ended))
    assert "B (b-1): cancelled" in written.getvalue()
    assert f", ended {ended}\n" in written.getvalue()
