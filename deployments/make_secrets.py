"""Makes what the system of `deployments/compose.yaml` keeps secret; needs nothing but Python.

    python3 deployments/make_secrets.py [FOLDER]

Passwords are made once, each in a file of its own below `passwords`; delete one to have another.
Files that hold them in some other form are written anew each time. Those below `webhooks` are
yours: they are made empty, and what you write there stays. The folder is closed to other users of
the machine; the files in it are open, because containers read them as users of their own.
Beside the folder, `.env` tells Compose where it is and who may use the Docker engine; what is there
already stays.
"""

import json
import os
import secrets
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_SOCKET = Path("/var/run/docker.sock")
_NAMES = (
    *("admin", "database", "prefect", "ledger", "cache", "limits", "storage-id", "storage-key"),
    "grafana",
)
_WEBHOOKS = ("alerts", "outcomes")
_CLOSED, _OPEN, _READ, _YOURS = 0o700, 0o755, 0o444, 0o644


def make_secrets(folder: Path) -> None:
    """Make the passwords that are missing, and write everything that holds them.

    Args:
        folder: where; closed to others.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(mode=_CLOSED, exist_ok=True)
    folder.chmod(_CLOSED)
    known = {name: _password(folder / "passwords" / name) for name in _NAMES}
    for path, text in _files(known).items():
        _write(folder / path, text)
    for name in _WEBHOOKS:
        if not (folder / "webhooks" / name).exists():
            _write(folder / "webhooks" / name, "", _YOURS)


def _password(path: Path) -> str:
    if not path.exists():
        _write(path, secrets.token_urlsafe(32).replace("-", "x").replace("_", "y"))
    return path.read_text(encoding="utf-8").strip()


def _files(known: dict[str, str]) -> dict[str, str]:
    """Text of each file by its path: what one service or several are given."""
    database, cache = "database:5432", "cache:6379"
    return {
        # Whoever has this has the API and the UI.
        "api-auth": f"admin:{known['admin']}",
        "server-database-url": f"postgresql+asyncpg://prefect:{known['prefect']}@{database}/prefect",
        "server-cache-url": f"redis://prefect:{known['cache']}@{cache}/0",
        "cache.acl": _cache_users(known),
        "storage.json": _storage_users(known),
        # Builds see this folder, and only this one.
        "builds/ledger-url": f"postgresql+psycopg://ledger:{known['ledger']}@{database}/ledger",
        "builds/limits-url": f"redis://limits:{known['limits']}@{cache}/0",
        "builds/storage-credentials": (
            "[default]\n"
            f"aws_access_key_id = {known['storage-id']}\n"
            f"aws_secret_access_key = {known['storage-key']}\n"
        ),
    }


def _cache_users(known: dict[str, str]) -> str:
    """Redis's users: one for Prefect, one that sees rate limits only; anybody may ask for life.

    Nobody can be the default user, and yet it needs every right: when Redis 7 reads back what it
    kept, it does so in its name, and throws away every transaction that it may not make
    (https://github.com/redis/redis/issues/14541).
    """
    return (
        "user default off ~* &* +@all\n"
        "user health on nopass -@all +ping\n"
        f"user prefect on >{known['cache']} ~* &* +@all -@admin\n"
        f"user limits on >{known['limits']} ~{{app-builder-limits}}:* +@all -@admin -@dangerous\n"
    )


def _storage_users(known: dict[str, str]) -> str:
    """SeaweedFS's users: one, of one bucket."""
    keys = {"accessKey": known["storage-id"], "secretKey": known["storage-key"]}
    actions = [f"{action}:app-builder" for action in ("Read", "Write", "List", "Tagging")]
    identity = {"name": "app-builder", "credentials": [keys], "actions": actions}
    return json.dumps({"identities": [identity]}, indent=2) + "\n"


def _write(path: Path, text: str, mode: int = _READ) -> None:
    """The file is closed until it is whole."""
    path.parent.mkdir(mode=_OPEN, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.chmod(mode)
    partial.replace(path)


def tell_compose(path: Path, folder: Path) -> None:
    """Write what Compose has to know of this machine, unless it is told already.

    Args:
        path: the file that Compose reads variables from.
        folder: where the secrets are.

    Raises:
        OSError: it cannot be written.
    """
    told = path.read_text(encoding="utf-8") if path.exists() else ""
    group = _SOCKET.stat().st_gid if _SOCKET.exists() else 0
    facts = {"SECRETS_FOLDER": str(folder.resolve()), "DOCKER_GROUP": str(group)}
    missing = [f"{name}={value}\n" for name, value in facts.items() if f"{name}=" not in told]
    if missing:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(missing)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE / "secrets"
    make_secrets(chosen)
    tell_compose(chosen.resolve().parent / ".env", chosen)
