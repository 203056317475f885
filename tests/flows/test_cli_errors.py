"""What the command says when it ends with an error, and how to go on."""

import os
from pathlib import Path

import pytest
from prefect.context import SettingsContext, get_settings_context
from prefect.settings import PREFECT_API_URL, Profile

from core.errors import AppBuilderError, StageFailedError
from core.settings import Settings
from flows import cli
from flows.run_locally import prefect_api
from tests.flows.command import TINY, run, variables

DEAD = "http://127.0.0.1:1/api"


def ended(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    def failing() -> None:
        raise error

    monkeypatch.setattr(cli, "app", failing)
    with pytest.raises(SystemExit) as code:
        cli.main()
    return code.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("cause", "hint"),
    [
        ("InputError", "Correct what it names"),
        ("ConfigurationError", "Correct what it names"),
        ("CallLimitError", "Raise the limit it names"),
        ("ProviderFailedError", "Nothing is lost: the same command goes on from there."),
        ("", "Nothing is lost: the same command goes on from there."),
    ],
)
def test_how_to_go_on_depends_on_what_failed(
    cause: str, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = ended(StageFailedError("3", 1, "why", cause=cause), monkeypatch, capsys)
    assert code == 1
    assert told.startswith("Error: Stage 3 failed after 1 attempt: why\n")
    assert told.splitlines()[1].startswith(hint)
    assert ("Nothing is lost" in told) == hint.startswith("Nothing")


def test_a_traceback_that_cannot_be_kept_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path / "file" / "home"))
    code, told = ended(TypeError("odd"), monkeypatch, capsys)
    assert code == 1
    assert told.startswith("Unexpected error: TypeError: odd\n")
    assert "Traceback" in told
    monkeypatch.setenv("APP_BUILDER_FILES_AT_ONCE", "abc")
    assert "Traceback" in ended(TypeError("odd"), monkeypatch, capsys)[1]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("APP_BUILDER_FILES_AT_ONCE", "abc", "Error: APP_BUILDER_FILES_AT_ONCE is 'abc': "),
        ("APP_BUILDER_HOME", str(TINY / "home"), "it cannot be made: Not a directory"),
    ],
)
def test_a_wrong_setting_is_bad_input(tmp_path: Path, name: str, value: str, said: str) -> None:
    code, output = run("build", TINY, environment=variables(tmp_path) | {name: value})
    assert code == 2, output
    assert said in output
    assert "Traceback" not in output


def unanswered(settings: Settings) -> str:
    with pytest.raises(AppBuilderError) as failed, prefect_api(settings):
        raise AssertionError
    return str(failed.value)


def test_an_api_that_does_not_answer_is_taken_out_where_it_was_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    now = get_settings_context()
    configured = now.settings.copy_with_update(updates={PREFECT_API_URL: DEAD})
    mine = Profile(name="mine", settings={PREFECT_API_URL: DEAD})
    with SettingsContext(profile=mine, settings=configured):
        said = unanswered(Settings())
        assert repr(DEAD) in said
        assert "profile 'mine', `prefect config unset PREFECT_API_URL`" in said
        monkeypatch.setitem(os.environ, "PREFECT_API_URL", DEAD)
        assert "in the environment, `unset PREFECT_API_URL`" in unanswered(Settings())
        monkeypatch.delenv("PREFECT_API_URL")
    with SettingsContext(profile=Profile(name="other", settings={}), settings=configured):
        assert "prefect.toml" in unanswered(Settings())
