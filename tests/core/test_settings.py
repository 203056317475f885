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
        ("APP_BUILDER_SANDBOX", "{", 'field "sandbox"'),
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
