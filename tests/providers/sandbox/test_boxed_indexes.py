"""What a box is told about indexes that stand in files which it does not see."""

import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from providers.sandbox.boxed_indexes import boxed_indexes


def settings_for(home: Path, **further: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), **further}


def configure(home: Path, text: str) -> None:
    (home / ".config/uv").mkdir(parents=True)
    (home / ".config/uv/uv.toml").write_text(text)


async def test_indexes_of_uvs_own_file_are_told(tmp_path: Path):
    configure(
        tmp_path,
        "[[index]]\nurl = 'https://a.example/simple'\ndefault = true\n"
        "[[index]]\nname = 'b'\nurl = 'https://me:pw@b.example/simple'\n",
    )
    assert await boxed_indexes(settings_for(tmp_path, UV_INDEX="c=https://c.example/simple")) == {
        "UV_DEFAULT_INDEX": "https://a.example/simple",
        "UV_INDEX": "c=https://c.example/simple https://me:pw@b.example/simple",
    }


async def test_passwords_of_a_netrc_are_told_where_an_address_has_none(tmp_path: Path):
    (tmp_path / ".netrc").write_text("machine a.example login me password p@ss\n")
    (tmp_path / ".netrc").chmod(0o600)
    told = await boxed_indexes(
        settings_for(
            tmp_path,
            UV_DEFAULT_INDEX="https://a.example:8443/simple",
            UV_INDEX="https://you:x@a.example/simple https://b.example/simple file:///a.example",
        )
    )
    assert told == {
        "UV_DEFAULT_INDEX": "https://me:p%40ss@a.example:8443/simple",
        "UV_INDEX": "https://you:x@a.example/simple https://b.example/simple file:///a.example",
    }


async def test_without_indexes_nothing_is_told(tmp_path: Path):
    configure(tmp_path, "no-index = true\n")
    assert await boxed_indexes(settings_for(tmp_path)) == {}


async def test_a_malformed_netrc_is_the_operators_mistake(tmp_path: Path):
    (tmp_path / "own").write_text("nonsense\n")
    settings = settings_for(
        tmp_path, NETRC=str(tmp_path / "own"), UV_DEFAULT_INDEX="https://a.example"
    )
    with pytest.raises(ConfigurationError, match=r"own' cannot be read: .*set NETRC"):
        await boxed_indexes(settings)
