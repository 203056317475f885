import json
from pathlib import Path

import pytest

from core.errors import InputError
from providers.sandbox.package_manifest import read_package_needs


def written(folder: Path, **manifest: object) -> Path:
    (folder / "package.json").write_text(json.dumps(manifest))
    return folder


def test_what_decides_an_install_is_kept_and_nothing_that_runs(tmp_path: Path):
    needs = read_package_needs(
        written(
            tmp_path,
            name="shop",
            version="3.0.0",
            scripts={"postinstall": "touch ran"},
            dependencies={"a": "^1.2", "b": "npm:@scope/c@~2", "d": "latest", "e": ">=1 <3"},
            devDependencies={"f": "*", "g": "1.x || 2.x", "h": ""},
            overrides={"a": {"i": "1.0.0"}},
        )
    )
    kept = json.loads(needs.manifest)
    assert needs.any
    assert needs.lock == ""
    assert kept["name"] == "generated"
    assert kept["dependencies"]["b"] == "npm:@scope/c@~2"
    assert kept["overrides"] == {"a": {"i": "1.0.0"}}
    assert "scripts" not in kept


def test_the_order_of_dependencies_makes_no_difference(tmp_path: Path):
    one = read_package_needs(written(tmp_path, dependencies={"a": "1", "b": "2"}))
    other = read_package_needs(written(tmp_path, dependencies={"b": "2", "a": "1"}, name="x"))
    assert one == other


def test_a_lock_file_is_taken_as_it_is(tmp_path: Path):
    (tmp_path / "package-lock.json").write_text("{}")
    assert read_package_needs(written(tmp_path)).lock == "{}"


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"dependencies": {"a": "git://x/y"}}, "no addresses and no paths"),
        ({"peerDependencies": {"a": "/tmp/x"}}, "no addresses and no paths"),
        ({"overrides": {"a": {"b": "file:../x"}}}, "no addresses and no paths"),
        ({"workspaces": ["packages/*"]}, "has workspaces"),
        ({"dependencies": ["a"]}, "package.json, dependencies: "),
        ({"dependencies": {"a": 1}}, "package.json, dependencies.a: "),
    ],
)
def test_what_is_not_installed_from_a_registry_is_refused(
    tmp_path: Path, manifest: dict[str, object], said: str
):
    with pytest.raises(InputError, match=said):
        read_package_needs(written(tmp_path, **manifest))


def test_what_is_no_manifest_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"the repository has no package\.json"):
        read_package_needs(tmp_path)
    (tmp_path / "package.json").write_text("{")
    with pytest.raises(InputError, match=r"package\.json: Invalid JSON"):
        read_package_needs(tmp_path)
    (tmp_path / "package.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"package\.json is not text"):
        read_package_needs(tmp_path)
    (tmp_path / "package.json").unlink()
    (tmp_path / "package.json").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"package\.json cannot be read"):
        read_package_needs(tmp_path)
