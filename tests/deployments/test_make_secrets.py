"""Passwords are made once, kept closed, and written in every form that is needed."""

import json
import stat
import subprocess
import sys
from pathlib import Path

from deployments.make_secrets import make_secrets, tell_compose

SCRIPT = Path(__file__).parents[2] / "deployments/make_secrets.py"


def texts(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_passwords_are_long_differ_and_stay(tmp_path: Path) -> None:
    make_secrets(tmp_path / "s")
    first = texts(tmp_path / "s")
    passwords = [text for path, text in first.items() if path.startswith("passwords/")]
    assert len(set(passwords)) == len(passwords) == 9
    assert all(len(password) >= 40 and password.isalnum() for password in passwords)
    make_secrets(tmp_path / "s")
    assert texts(tmp_path / "s") == first


def test_one_that_is_deleted_is_made_anew_wherever_it_stands(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = texts(tmp_path)
    (tmp_path / "passwords/limits").unlink()
    make_secrets(tmp_path)
    after = texts(tmp_path)
    changed = {path for path, text in after.items() if before[path] != text}
    assert changed == {"passwords/limits", "cache.acl", "builds/limits-url"}
    new = after["passwords/limits"]
    assert new in after["cache.acl"]
    assert new in after["builds/limits-url"]


def test_other_users_of_the_machine_get_nowhere_and_containers_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    make_secrets(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        of_files = 0o644 if path.parent.name == "webhooks" else 0o444
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else of_files)


def test_addresses_are_empty_until_somebody_writes_one_which_stays(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    told = tmp_path / "webhooks/alerts"
    assert told.read_text() == (tmp_path / "webhooks/outcomes").read_text() == ""
    told.write_text("https://chat.example/hooks/1\n")
    make_secrets(tmp_path)
    assert told.read_text() == "https://chat.example/hooks/1\n"


def test_builds_are_given_nothing_of_prefects(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    known = texts(tmp_path)
    builds = "".join(text for path, text in known.items() if path.startswith("builds/"))
    for name in ("admin", "database", "prefect", "cache", "grafana"):
        assert known[f"passwords/{name}"] not in builds
    identity = json.loads(known["storage.json"])["identities"][0]
    assert not any("Admin" in action for action in identity["actions"])


def test_compose_is_told_of_the_machine_once(tmp_path: Path) -> None:
    told = tmp_path / ".env"
    told.write_text("DOCKER_GROUP=7\n")
    tell_compose(told, tmp_path / "s")
    assert told.read_text() == f"DOCKER_GROUP=7\nSECRETS_FOLDER={tmp_path / 's'}\n"
    tell_compose(told, tmp_path / "elsewhere")
    assert told.read_text() == f"DOCKER_GROUP=7\nSECRETS_FOLDER={tmp_path / 's'}\n"


def test_it_needs_nothing_but_python(tmp_path: Path) -> None:
    folder = str(tmp_path / "s")
    code = (
        "import pathlib, runpy\n"
        f"runpy.run_path({str(SCRIPT)!r})['make_secrets'](pathlib.Path({folder!r}))\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, timeout=60)
    assert (tmp_path / "s/api-auth").read_text().startswith("admin:")


def test_compose_is_told_beside_the_folder_so_that_another_does_not_change_the_projects_own(
    tmp_path: Path,
) -> None:
    own = SCRIPT.with_name(".env")
    before = own.read_text() if own.exists() else None
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "s")], check=True, timeout=60)
    assert f"SECRETS_FOLDER={tmp_path / 's'}\n" in (tmp_path / ".env").read_text()
    assert (own.read_text() if own.exists() else None) == before
