import getpass
import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings, load_settings, make_home


@pytest.fixture(autouse=True)
def elsewhere(  # pyright: ignore[reportUnusedFunction] -- used by pytest
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("APP_BUILDER_FILES_AT_ONCE", "abc", "APP_BUILDER_FILES_AT_ONCE is 'abc': Input should"),
        ("MODEL_ROUTER_DEMO_MODE", "off", "MODEL_ROUTER_DEMO_MODE is 'off': Input should be 'au"),
        ("APP_BUILDER_CALLS__PER_FILE", "0", "APP_BUILDER_CALLS__PER_FILE is '0': Input should"),
        (
            "APP_BUILDER_SANDBOX",
            "{",
            'APP_BUILDER_SANDBOX: it must be a JSON object such as {"seconds": 300} (not JSON: Exp',
        ),
        (
            "APP_BUILDER_SECRET_SOURCES",
            "aws",
            "APP_BUILDER_SECRET_SOURCES is 'aws': it must be a JSON list such as [\"environment\"]",
        ),
        (
            "APP_BUILDER_SECRET_SOURCES",
            '["environment", "asw"]',
            "APP_BUILDER_SECRET_SOURCES has 'asw': Input should be 'environment', 'aws' or 'prefec",
        ),
        ("APP_BUILDER_SECRET_SOURCES", "7", 'it must be a JSON list such as ["environment"]'),
        (
            "APP_BUILDER_SPENDING__PER_BULID_USD",
            "0.01",
            "APP_BUILDER_SPENDING__PER_BULID_USD is no setting; did you mean "
            "APP_BUILDER_SPENDING__PER_BUILD_USD?",
        ),
        (
            "APP_BUILDER_SPENDING",
            '{"per_bulid_usd": 0.01}',
            "APP_BUILDER_SPENDING__PER_BULID_USD is no setting; did you mean "
            "APP_BUILDER_SPENDING__PER_BUILD_USD?",
        ),
        ("APP_BUILDER_SPENDING_PER_BUILD_USD", "1", "did you mean APP_BUILDER_SPENDING__PER_BUIL"),
        ("app_builder_hom", "x", "APP_BUILDER_HOM is no setting; did you mean APP_BUILDER_HOME?"),
        ("APP_BUILDER_ZZZ", "x", "APP_BUILDER_ZZZ is no setting; docs/operations.md lists them"),
        ("APP_BUILDER_HOME", "~nobody-of-this-name/x", "APP_BUILDER_HOME: "),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert said in str(refused.value)
    assert str(refused.value).endswith("; correct it in the environment or in .env")


def test_all_wrong_settings_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("APP_BUILDER_FILES_AT_ONCE=many\n")
    monkeypatch.setenv("APP_BUILDER_SANDBOX__SECONDS", "-1")
    with pytest.raises(ConfigurationError, match=r"AT_ONCE is 'many'.*SANDBOX__SECONDS is '-1'"):
        load_settings()


def test_a_mistaken_name_in_the_file_is_told_once_with_all_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "APP_BUILDER_SANDBOX__SECODNS=5\nDEEPSEEK_API_KEY=k\nAPP_BUILDER_FILES_AT_ONCE=0\n"
    )
    monkeypatch.setenv("APP_BUILDER_SECRET_SOURCES", "aws")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    said = str(refused.value)
    assert said.count("APP_BUILDER_SANDBOX__SECODNS is no setting") == 1
    assert "APP_BUILDER_SECRET_SOURCES is 'aws'" in said
    assert "DEEPSEEK" not in said


def test_a_password_in_a_group_that_is_not_json_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_BUILDER_RATE_LIMITS", '{"url": "redis://:hunter2@db"')
    with pytest.raises(ConfigurationError, match="APP_BUILDER_RATE_LIMITS: it must be") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "variable",
    [
        "APP_BUILDER_FOLDER",
        "APP_BUILDER_SERVICE_HOST",
        "APP_BUILDER_SERVICE_PORT_HTTP",
        "APP_BUILDER_PORT",
        "APP_BUILDER_PORT_4200_TCP_ADDR",
        "APP_BUILDER_LEDGER_SERVICE_PORT",
        "app_builder_user",
    ],
)
def test_variables_that_others_set_are_left_alone(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "x")
    load_settings()


def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("APP_BUILDER_ZZZ", "APP_BUILDER_SECRET_SOURCES", "APP_BUILDER_SANDBOX"):
        monkeypatch.setenv(variable, "")
    assert load_settings().secret_sources == ("environment",)


def test_an_environment_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"APP_BUILDER_USER=\xff\n")
    with pytest.raises(ConfigurationError, match="utf-8"):
        load_settings()


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_goes_by_number(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise error("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert load_settings().user == f"uid-{os.getuid()}"


def test_home_is_made_once_and_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_BUILDER_HOME", "deep/home")
    make_home(load_settings())
    make_home(load_settings())
    assert (tmp_path / "deep" / "home").is_dir()


def test_a_file_in_the_way_of_home_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("APP_BUILDER_HOME", "file/home")
    with pytest.raises(ConfigurationError, match="APP_BUILDER_HOME is 'file/home': it cannot be m"):
        make_home(load_settings())


def test_a_home_that_may_not_be_written_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path, _mode: int) -> bool:
        return False

    monkeypatch.setattr(os, "access", refused)  # root may write anywhere
    with pytest.raises(ConfigurationError, match="it may not be written to"):
        make_home(load_settings())


def test_the_ledger_is_a_file_below_home_unless_its_url_is_set() -> None:
    below = Settings(home=Path("/srv/odd ?#% name")).ledger_database_url
    assert below == "sqlite:////srv/odd%20%3F%23%25%20name/ledger.db"
    url = "postgresql+psycopg://app@db/ledger"
    assert Settings(ledger_url=url).ledger_database_url == url
