"""The store on S3 where the server is busy, breaks or does not know what is asked of it.

A server over real HTTP answers as it is told to, and then as a store with one object does.
"""

import asyncio
import http.server
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest

from core.errors import StorageError
from providers.storage import s3_tree
from providers.storage.artifact_store import ArtifactStore

pytestmark = pytest.mark.usefixtures("s3_client")  # credentials, and no network

SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
INTERNAL = b"<Error><Code>InternalError</Code><Message>We broke.</Message></Error>"
NOT_IMPLEMENTED = b"<Error><Code>NotImplemented</Code><Message>A header.</Message></Error>"


@dataclass
class Server:
    """What the server is told, and what it saw.

    Attributes:
        failures: status and body of the answers to the next requests, but for HEAD; `None` breaks
            the connection off in the middle of a body.
        conditions: whether it heeds `If-None-Match`.
        seen: requests by method.
    """

    failures: Iterator[tuple[int, bytes] | None] = field(default_factory=lambda: iter(()))
    conditions: bool = True
    content: bytes | None = b"content"
    seen: Counter[str] = field(default_factory=Counter[str])
    url: str = ""


class Handler(http.server.BaseHTTPRequestHandler):
    told: Server
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(200, b"")

    def do_GET(self) -> None:
        if not self.failed():
            self.answer(200, self.told.content or b"")

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.failed():
            return
        if (
            self.told.conditions
            and "If-None-Match" in self.headers
            and self.told.content is not None
        ):
            self.answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        self.told.content = data
        self.answer(200, b"")

    def failed(self) -> bool:
        self.told.seen[self.command] += 1
        for failure in self.told.failures:
            if failure is None:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"half")
                self.close_connection = True
            else:
                self.answer(*failure)
            return True
        return False

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")  # one that is kept outlives the server
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Keep the tests' output clean."""


@contextmanager
def serving(server: Server, port: int = 0) -> Generator[ArtifactStore]:
    handler = type("Bound", (Handler,), {"told": server})
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever).start()
        server.url = f"http://127.0.0.1:{running.server_port}"
        try:
            yield ArtifactStore(f"s3://bucket/p?endpoint={server.url}")
        finally:
            running.shutdown()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> int:
    """Number of attempts at a request that is never answered well."""
    monkeypatch.setattr(s3_tree, "_ATTEMPTS", 2)
    monkeypatch.setattr(s3_tree, "_OUTER_ATTEMPTS", 2)
    return 4


@pytest.mark.parametrize("body", [SLOW_DOWN, INTERNAL], ids=["slow-down", "internal"])
async def test_a_busy_server_is_asked_again(body: bytes) -> None:
    server = Server(failures=iter([(503, body), (500, INTERNAL)]))
    with serving(server) as store:
        await store.write_text("a", "x")
    assert server.content == b"x"
    assert server.seen == {"PUT": 3}


async def test_a_broken_server_is_asked_again_when_botocore_has_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_tree, "_ATTEMPTS", 1)
    server = Server(failures=iter([(500, INTERNAL)] * 3))
    with serving(server) as store:
        await store.write_text("a", "x")
    assert server.content == b"x"
    assert server.seen == {"PUT": 4}


async def test_a_server_that_stays_busy_is_an_error_in_its_own_words(impatient: int) -> None:
    server = Server(failures=iter([(503, SLOW_DOWN)] * 100))
    with (
        serving(server) as store,
        pytest.raises(StorageError, match=r"cannot write 'a' .* reduce your request rate"),
    ):
        await store.write_text("a", "x")
    assert server.seen == {"PUT": impatient}


async def test_an_answer_that_breaks_off_is_asked_for_again_and_never_taken_for_whole() -> None:
    server = Server(failures=iter([None, None]))
    with serving(server) as store:
        assert await store.read_bytes("a") == b"content"
    assert server.seen == {"GET": 3}


async def test_a_server_that_is_started_again_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_tree, "_ATTEMPTS", 1)  # botocore's, which end within a few seconds
    server = Server()
    with serving(server) as store:
        await store.write_text("a", "before")
    reading = asyncio.create_task(store.read_text("a"))
    await asyncio.sleep(0.5)
    assert not reading.done()
    with serving(server, port=int(server.url.rpartition(":")[2])):
        assert await reading == "before"


@pytest.mark.parametrize("seen", [False, True])
async def test_a_server_that_stays_away_is_asked_a_few_times_and_one_never_seen_once(
    seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_tree, "_ATTEMPTS", 1)
    monkeypatch.setattr(s3_tree, "_OUTER_ATTEMPTS", 5)
    with serving(Server()) as store:
        if seen:
            await store.read_text("a")
    waited: list[float] = []
    sleep, ours = asyncio.sleep, ContextVar("ours", default=False)
    ours.set(True)

    async def counted(seconds: float) -> None:
        if ours.get():
            waited.append(seconds)
        else:  # what other tests left in the loop
            await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", counted)  # by which s3fs waits after each attempt
    said = "Could not connect to the endpoint" if seen else "nobody answers at http://127"
    with pytest.raises(StorageError, match=said):
        await store.read_text("a")
    assert len(waited) == (5 if seen else 0)


@pytest.mark.parametrize("busy", [0, 1])
async def test_what_is_there_is_not_created_again_also_where_the_server_was_busy(busy: int) -> None:
    server = Server(failures=iter([(503, SLOW_DOWN)] * busy))
    with serving(server) as store:
        assert not await store.create_text("a", "mine")
    assert server.content == b"content"


@pytest.mark.parametrize(
    ("conditions", "failures", "known"),
    [
        (True, [], True),
        (False, [], False),
        (True, [(501, NOT_IMPLEMENTED)], False),
    ],
    ids=["heeded", "unheeded", "refused"],
)
async def test_a_server_is_tried_for_conditional_writes(
    conditions: bool, failures: list[tuple[int, bytes]], known: bool
) -> None:
    with serving(Server(iter(failures), conditions=conditions, content=None)) as store:
        assert await store.has_conditional_writes() is known


@pytest.mark.usefixtures("impatient")
async def test_a_refusal_says_which_rights_are_needed() -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    said = r"cannot write 'a' .* Access Denied; check that the credentials .* s3:PutObject"
    server = Server(failures=iter([(403, body)] * 100))
    with serving(server) as store, pytest.raises(StorageError, match=said):
        await store.write_text("a", "x")
    assert server.seen == {"PUT": 1}, "what is refused is not asked again"
