"""What the page for troubleshooting tells is what is really said: each row is provoked once.

What is quick is provoked here; runs that wait, are cancelled or crash in `tests/real_troubles`; the
rest where the part that says it is tested.
"""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prefect.settings import PREFECT_API_URL, temporary_settings

from core.errors import AppBuilderError
from core.settings import load_settings
from deployments.bootstrap import register
from flows.run_locally import prefect_api
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_places import Place
from providers.storage.ledger import UsageLedger
from providers.vcs.history import Commit, FileChange, write_history
from providers.vcs.publishable import refuse_unpublishable
from providers.vcs.push import HEADS, Remote, push, remote_git
from providers.vcs.release import Release
from tests.docs.pages import read
from tests.docs.publishing_troubles import PUBLISHING
from tests.docs.troubles import ELSEWHERE, SIGNS, rows, says
from tests.providers.vcs.github_desk import Desk
from tests.providers.vcs.github_server import TOKEN, serving

NOBODY = "127.0.0.1:9"
"""An address at which nothing listens."""

Provoke = Callable[[Path, pytest.MonkeyPatch], Awaitable[None]]


async def mistyped_setting(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("APP_BUILDER_FILES_AT_ONC", "4")
    load_settings()


async def wrong_setting(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("APP_BUILDER_FILES_AT_ONCE", "many")
    load_settings()


async def half_an_app(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("APP_BUILDER_GITHUB__APP_ID", "7")
    load_settings()


async def api_away(folder: Path, _: pytest.MonkeyPatch) -> None:
    await asyncio.to_thread(use_api, folder, f"http://{NOBODY}/api")


async def api_that_asks_for_a_sign_in(folder: Path, _: pytest.MonkeyPatch) -> None:
    with refusing_server() as port:
        await asyncio.to_thread(use_api, folder, f"http://127.0.0.1:{port}/api")


async def api_with_its_own_certificate(folder: Path, _: pytest.MonkeyPatch) -> None:
    with refusing_server(certificate(folder)) as port:
        await asyncio.to_thread(use_api, folder, f"https://127.0.0.1:{port}/api")


def use_api(folder: Path, url: str) -> None:
    settings = load_settings().model_copy(update={"home": folder})
    with temporary_settings({PREFECT_API_URL: url}), prefect_api(settings):
        pass


async def no_api(_: Path, __: pytest.MonkeyPatch) -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        await register({}, dry_run=True, tell=print)


async def ledger_away(_: Path, __: pytest.MonkeyPatch) -> None:
    ledger = UsageLedger(f"postgresql+psycopg://builds:not-a-secret@{NOBODY}/ledger")
    try:
        await ledger.calls("b-1")
    finally:
        ledger.close()


async def limits_away(folder: Path, _: pytest.MonkeyPatch) -> None:
    async with RateLimiter(f"redis://{NOBODY}/0", folder / "limits.db") as limiter:
        await limiter.acquire((Place("model:a/b:requests", 1),))


async def limits_damaged(folder: Path, _: pytest.MonkeyPatch) -> None:
    file = folder / "limits.db"
    file.write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    async with RateLimiter("", file) as limiter:
        await limiter.acquire((Place("model:a/b:requests", 1),))


async def long_history(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("providers.vcs.publishable.MAX_HISTORY_BYTES", 1)
    commits = [Commit("Write a", (FileChange("a.txt", "a text"),))]
    repository = folder / "repository.git"
    (commit,) = await write_history(repository, commits, branch="main")
    release = Release(project="p", build="p-1", name="p", commit=commit, green=True, title="P")
    await refuse_unpublishable(repository, release)


async def owner_out_of_sight(folder: Path, _: pytest.MonkeyPatch) -> None:
    def git(*arguments: str | Path) -> str:
        return subprocess.run(["git", *arguments], check=True, capture_output=True).stdout.decode()

    with serving(folder / "hub") as hub:
        await Desk(hub, folder, git, owner="nowhere").publish("shop-1", {"a.txt": "a"})


async def git_not_allowed(folder: Path, _: pytest.MonkeyPatch) -> None:
    commits = [Commit("Write a", (FileChange("a.txt", "a text"),))]
    repository = folder / "repository.git"
    (commit,) = await write_history(repository, commits, branch="main")
    with refusing_server(status=403) as port:
        remote = Remote(f"http://127.0.0.1:{port}/ann/shop.git", TOKEN)
        await push(remote_git(repository, remote), remote, {f"{HEADS}main": commit})


HERE: dict[str, Provoke] = {
    "… is no setting; …": mistyped_setting,
    "…; correct it in the environment or in .env": wrong_setting,
    "an app needs app_id, app_installation_id and owner": half_an_app,
    "the Prefect API at '…' does not answer": api_away,
    "the Prefect API at '…' does not answer: … 401 Unauthorized …": api_that_asks_for_a_sign_in,
    "the Prefect API at '…' does not answer: … CERTIFICATE_VERIFY_FAILED …": (
        api_with_its_own_certificate
    ),
    "no Prefect API is configured; set PREFECT_API_URL": no_api,
    "usage ledger …: … Connection refused …": ledger_away,
    "rate limits at …: …": limits_away,
    "rate limits: '…' cannot be used: …": limits_damaged,
    "the history holds … bytes …": long_history,
    "… 404 … It does not exist, or the token may not see it.": owner_out_of_sight,
    "… the token may not do that there …": git_not_allowed,
}


@pytest.mark.parametrize("told", HERE)
async def test_it_says_what_the_page_tells(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AppBuilderError) as raised:
        await HERE[told](tmp_path, monkeypatch)
    assert says(str(raised.value), told), raised.value


def test_every_row_is_provoked_by_a_test() -> None:
    known = {*HERE, *ELSEWHERE, *PUBLISHING}
    silent = [row.sign for row in rows() if not known.issuperset(row.messages or [row.sign])]
    assert set(silent) == set(SIGNS)
    assert known <= {message for row in rows() for message in row.messages}


@pytest.mark.parametrize("sign", SIGNS)
def test_what_is_seen_of_runs_is_provoked_elsewhere(sign: str) -> None:
    test, words = SIGNS[sign]
    assert words in read(test)


@pytest.mark.parametrize("told", [*ELSEWHERE, *PUBLISHING])
def test_the_test_elsewhere_has_words_of_the_page(told: str) -> None:
    test, words = {**ELSEWHERE, **PUBLISHING}[told]
    assert words.strip() in told
    assert words in read(test)


@contextmanager
def refusing_server(chain: Path | None = None, status: int = 401) -> Generator[int]:
    """A server that lets nobody in, with a certificate of its own if it has one; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            """Keep the tests' output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if chain is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def certificate(folder: Path) -> Path:
    """Key and certificate that nobody else signed, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "chain.pem"
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    file.write_bytes(
        key.private_bytes(pem, private, serialization.NoEncryption()) + signed.public_bytes(pem)
    )
    return file
