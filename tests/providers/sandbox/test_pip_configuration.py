import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from providers.sandbox.pip_configuration import uv_variables_of_pip


def configured(folder: Path, place: str, text: str) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of a person on a machine that has no file of pip's for everyone."""
    monkeypatch.setattr("providers.sandbox.pip_configuration._FOR_EVERYONE", tmp_path / "none")
    return tmp_path


def test_variables_win_over_files_and_later_files_over_earlier(home: Path):
    configured(home, ".pip/pip.conf", "[global]\nindex-url = https://old\ncert = /old.pem\n")
    configured(
        home,
        ".config/pip/pip.conf",
        "[global]\nindex-url = https://user\n[install]\nfind-links = /one\n  /two\n",
    )
    configured(home, "named.conf", "[global]\nextra-index-url =\n    https://a\n    https://b\n")
    ours = {"HOME": str(home), "PIP_CONFIG_FILE": str(home / "named.conf"), "PIP_CERT": "/env.pem"}
    assert uv_variables_of_pip(ours) == {
        "UV_DEFAULT_INDEX": "https://user",
        "UV_FIND_LINKS": "/one,/two",
        "UV_INDEX": "https://a https://b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/env.pem",
    }


def test_the_section_of_the_command_wins(home: Path):
    text = "[global]\nindex-url = https://global\n[install]\nindex-url = https://install\n"
    configured(home, "elsewhere/pip/pip.conf", text)
    ours = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "elsewhere")}
    assert uv_variables_of_pip(ours) == {"UV_DEFAULT_INDEX": "https://install"}


def test_files_can_be_switched_off(home: Path):
    configured(home, ".config/pip/pip.conf", "[global]\nindex-url = https://user\n")
    assert uv_variables_of_pip({"HOME": str(home), "PIP_CONFIG_FILE": os.devnull}) == {}
    assert uv_variables_of_pip({}) == {}


def test_a_malformed_file_is_the_operators_mistake(home: Path):
    configured(home, ".config/pip/pip.conf", "index-url = https://user\n")
    with pytest.raises(
        ConfigurationError, match=r"pip.conf' cannot be read: .*no section headers.*Correct"
    ):
        uv_variables_of_pip({"HOME": str(home)})
