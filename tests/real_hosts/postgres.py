"""A PostgreSQL server that other machines can reach, with a password."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.providers.storage.backup_commands import PROGRAMS
from tests.real_browser.prefect_stack import free_port

_USER = "app_builder"


class Postgres:
    """The server, in a folder of its own.

    Args:
        address: it listens on.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._port = free_port()
        self._password = secrets.token_hex(16)
        # Not below pytest's folder: the server runs as another user, who could not enter there.
        self._folder = Path(tempfile.mkdtemp(prefix="app-builder-postgres-"))
        # PostgreSQL refuses to be run by root.
        self._owner = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name

    def start(self, *databases: str) -> None:
        """Make it, start it, and create databases."""
        shutil.chown(self._folder, self._owner)
        password = self._folder / "password"
        password.write_text(self._password)
        shutil.chown(password, self._owner)
        self._run(
            *("initdb", "--pgdata", "data", "--username", _USER, "--pwfile", "password"),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
        )
        with (self._folder / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")
        options = f"-h {self._address} -p {self._port} -k {self._folder} -c max_connections=200"
        self._run(*("pg_ctl", "--pgdata", "data", "--log", "log", "--options", options), "start")
        for name in databases:
            self.ask("postgres", f"CREATE DATABASE {name}")

    def stop(self) -> None:
        """Stop it, and forget what it kept."""
        try:
            self._run("pg_ctl", "--pgdata", "data", "--mode", "immediate", "stop")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, driver: str, database: str) -> str:
        """SQLAlchemy's URL of a database."""
        place = f"{_USER}:{self._password}@{self._address}:{self._port}"
        return f"postgresql+{driver}://{place}/{database}"

    def ask(self, database: str, statement: str) -> str:
        """What a statement answers, a row a line."""
        place = ("--host", self._address, "--port", str(self._port), "--username", _USER)
        text = ("--tuples-only", "--no-align", "--command", statement)
        return self._run("psql", "--no-psqlrc", *place, "--dbname", database, *text)

    def _run(self, program: str, *arguments: str) -> str:
        # To files, because the server keeps the descriptors of who starts it.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(PROGRAMS / program), *arguments],
                cwd=self._folder,
                env={"PGPASSWORD": self._password, "LC_ALL": "C"},
                user=self._owner,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=120,
            )
            said.seek(0)
            text = said.read()
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {text}")
        return text.strip()
