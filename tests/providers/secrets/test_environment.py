"""Secrets from variables, files and a `.env` file."""

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from providers.secrets.environment import EnvironmentSecrets

SECRET = "sk-very-secret-0123456789"


def test_reads_a_variable_without_surrounding_whitespace() -> None:
    assert EnvironmentSecrets({"KEY": f" {SECRET}\n"}).get("KEY") == SECRET


def test_a_variable_that_is_unset_or_blank_is_no_secret() -> None:
    secrets = EnvironmentSecrets({"BLANK": "  "})
    assert secrets.get("BLANK") is None
    assert secrets.get("ABSENT") is None


def test_reads_the_process_environment_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THIS_TEST", SECRET)
    assert EnvironmentSecrets().get("KEY_OF_THIS_TEST") == SECRET


def test_reads_a_file_and_sees_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    secrets = EnvironmentSecrets({"KEY_FILE": str(file)})
    assert secrets.get("KEY") == SECRET
    file.write_text("rotated")
    assert secrets.get("KEY") == "rotated"


def test_refuses_variable_and_file_together_without_showing_the_secret(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({"KEY": SECRET, "KEY_FILE": str(tmp_path / "key")})
    with pytest.raises(ConfigurationError, match="both KEY and KEY_FILE") as caught:
        secrets.get("KEY")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"sk-\xff\xfe", "not UTF-8"),
        (b"x" * 70_000, "larger than"),
    ],
)
def test_refuses_a_file_that_cannot_be_a_secret(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        EnvironmentSecrets({"KEY_FILE": str(file)}).get("KEY")
    assert "KEY_FILE" in str(caught.value)
    assert "sk-" not in str(caught.value)


def test_a_env_file_counts_where_the_environment_says_nothing(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"KEY={SECRET}\nOTHER=from-file\nEMPTY=\nkey=lower\n")
    secrets = EnvironmentSecrets({"OTHER": "from-environment"}, env_file=env_file)
    assert secrets.get("KEY") == SECRET
    assert secrets.get("OTHER") == "from-environment"
    assert secrets.get("EMPTY") is None


def test_a_file_named_by_the_environment_hides_the_env_file(tmp_path: Path) -> None:
    env_file, key_file = tmp_path / ".env", tmp_path / "key"
    env_file.write_text("KEY=from-env-file\n")
    key_file.write_text(SECRET)
    secrets = EnvironmentSecrets({"KEY_FILE": str(key_file)}, env_file=env_file)
    assert secrets.get("KEY") == SECRET


def test_the_env_file_need_not_exist(tmp_path: Path) -> None:
    assert EnvironmentSecrets({}, env_file=tmp_path / ".env").get("KEY") is None


def test_repr_shows_no_secret() -> None:
    assert SECRET not in repr(EnvironmentSecrets({"KEY": SECRET}))
