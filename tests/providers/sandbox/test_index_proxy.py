import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SandboxError
from providers.sandbox import index_proxy
from providers.sandbox.index_proxy import Address, IndexProxy


@dataclass
class Server:
    """A server that answers every request with what it got.

    Attributes:
        port: where it listens on the loopback interface.
        heads: what came in on each connection up to the first empty line.
    """

    port: int = 0
    heads: list[bytes] = field(default_factory=list[bytes])

    @property
    def address(self) -> Address:
        return ("127.0.0.1", self.port)


@asynccontextmanager
async def serving(answer: bytes = b"HTTP/1.1 200 OK\r\n\r\nbody") -> AsyncGenerator[Server]:
    made = Server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def ask(proxy: IndexProxy, request: bytes, then: bytes = b"") -> bytes:
    """Send a request, and more once the proxy has answered it; everything that comes back."""
    reader, writer = await asyncio.open_unix_connection(proxy.socket)
    writer.write(request)
    answer = b""
    if then:
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.write(then)
    answer += await reader.read()
    writer.close()
    return answer


def proxy_for(*servers: Server, variables: Mapping[str, str] | None = None) -> IndexProxy:
    return IndexProxy([server.address for server in servers], variables or {})


async def test_an_allowed_address_is_tunnelled_to():
    async with serving() as server, proxy_for(server) as proxy:
        target = f"127.0.0.1:{server.port}"
        answer = await ask(
            proxy,
            f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode(),
            b"GET /secret HTTP/1.1\r\n\r\n",
        )
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    assert server.heads == [b"GET /secret HTTP/1.1\r\n\r\n"]
    assert proxy.refused == ()


async def test_a_plain_request_is_passed_on_in_the_form_a_server_wants():
    async with serving() as server, proxy_for(server) as proxy:
        answer = await ask(
            proxy,
            f"GET http://127.0.0.1:{server.port}/simple/?a=1 HTTP/1.1\r\nHost: h\r\n".encode()
            + b"Proxy-Authorization: Basic x\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n",
        )
    assert answer == b"HTTP/1.1 200 OK\r\n\r\nbody"
    host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    assert server.heads == [
        b"GET /simple/?a=1 HTTP/1.1\r\n" + host + b"Accept: */*\r\nConnection: close\r\n\r\n"
    ]


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT 127.0.0.1:{port} HTTP/1.1",
        "CONNECT localhost:{port} HTTP/1.1",
        "GET http://127.0.0.1:{port}/ HTTP/1.1",
        "POST http://127.0.0.1:{port}/ HTTP/1.0",
    ],
)
async def test_every_other_address_is_refused_and_told(request_line: str):
    async with serving() as server, IndexProxy([("allowed.example", 443)], {}) as proxy:
        line = request_line.format(port=server.port)
        answer = await ask(proxy, f"{line}\r\nHost: allowed.example\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert server.heads == []
    assert len(proxy.refused) == 1
    assert proxy.refused[0].endswith(f":{server.port}")


async def test_another_port_of_an_allowed_host_is_refused():
    async with serving() as server, IndexProxy([("127.0.0.1", 443)], {}) as proxy:
        answer = await ask(proxy, f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
    assert b" 403 " in answer


@pytest.mark.parametrize(
    "request_text",
    [
        b"CONNECT nowhere HTTP/1.1\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"CONNECT a:99999 HTTP/1.1\r\n\r\n",
        b"CONNECT a:\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET ftp://a/ HTTP/1.1\r\n\r\n",
        b"GET http://a/ HTTP/2\r\n\r\n",
        b"GET  http://a/ HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nbad header: x\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nA: b\rX: c\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nA: b\x00\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nno-colon\r\n\r\n",
        b"GET http://evil.example\n@127.0.0.1/ HTTP/1.1\r\n\r\n",
        b"GET http://me:secret@127.0.0.1/ HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1\\@evil.example/ HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1/\x7f HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1/a#b HTTP/1.1\r\n\r\n",
        b"CONNECT me@127.0.0.1:80 HTTP/1.1\r\n\r\n",
        b"CONNECT 127.0.0.1:80/a HTTP/1.1\r\n\r\n",
    ],
)
async def test_malformed_requests_are_refused(request_text: bytes):
    async with IndexProxy([("127.0.0.1", 80), ("evil.example", 80)], {}) as proxy:
        assert (await ask(proxy, request_text)).startswith(b"HTTP/1.1 400 ")


async def test_a_header_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index_proxy, "HEAD_BYTES", 1000)
    async with proxy_for() as proxy:
        answer = await ask(proxy, b"GET http://a/ HTTP/1.1\r\n" + b"a: b\r\n" * 1000)
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_a_request_that_never_ends_is_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index_proxy, "_HEAD_SECONDS", 0.1)
    async with proxy_for() as proxy:
        assert await ask(proxy, b"GET http://a/") == b""


async def test_a_host_that_does_not_answer_is_told():
    async with serving() as server:
        pass
    async with proxy_for(server) as proxy:
        answer = await ask(proxy, f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 502 ")


async def test_leaving_the_context_ends_open_tunnels():
    async with serving() as server:
        async with proxy_for(server) as proxy:
            reader, writer = await asyncio.open_unix_connection(proxy.socket)
            writer.write(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
    assert not proxy.socket.exists()


async def test_this_machines_own_proxy_is_gone_through():
    answer = b"HTTP/1.1 200 OK\r\n\r\nfrom the far side"
    async with serving(answer) as own:
        variables = {"https_proxy": f"http://me:p%40ss@127.0.0.1:{own.port}"}
        async with IndexProxy([("index.example", 443)], variables) as proxy:
            got = await ask(proxy, b"CONNECT index.example:443 HTTP/1.1\r\n\r\n", b"hello")
    assert got.endswith(b"from the far side")
    assert own.heads == [
        b"CONNECT index.example:443 HTTP/1.1\r\nHost: index.example:443\r\n"
        b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n"
    ]


async def test_this_machines_own_proxy_gets_plain_requests():
    async with serving() as own:
        variables = {"ALL_PROXY": f"127.0.0.1:{own.port}"}
        async with IndexProxy([("index.example", 80)], variables) as proxy:
            await ask(proxy, b"GET http://index.example/x HTTP/1.1\r\nHost: index.example\r\n\r\n")
    assert own.heads[0].startswith(
        b"GET http://index.example/x HTTP/1.1\r\nHost: index.example\r\n"
    )


@pytest.mark.parametrize(
    "said", [b"", b"Host: vault.example\r\n", b"host: a\r\nHOST: vault.example\r\n"]
)
async def test_the_host_that_is_passed_on_is_the_one_that_was_checked(said: bytes):
    async with serving() as own:
        variables = {"ALL_PROXY": f"127.0.0.1:{own.port}"}
        async with IndexProxy([("index.example", 8080)], variables) as proxy:
            await ask(proxy, b"GET http://Index.example.:8080?a HTTP/1.1\r\n" + said + b"\r\n")
    assert own.heads == [
        b"GET http://index.example:8080/?a HTTP/1.1\r\nHost: index.example:8080\r\n"
        b"Connection: close\r\n\r\n"
    ]


async def test_hosts_without_proxy_are_reached_directly():
    async with serving() as server:
        variables = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
        async with proxy_for(server, variables=variables) as proxy:
            answer = await ask(
                proxy, f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode(), b"x\r\n\r\n"
            )
    assert b"body" in answer


@pytest.mark.parametrize("said", [b"HTTP/1.1 407 No\r\n\r\n", b"nothing"])
async def test_what_this_machines_own_proxy_refuses_is_told(said: bytes):
    async with serving(said) as own:
        variables = {"HTTPS_PROXY": f"http://127.0.0.1:{own.port}"}
        async with IndexProxy([("index.example", 443)], variables) as proxy:
            got = await ask(proxy, b"CONNECT index.example:443 HTTP/1.1\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 502 ")
    assert b"this machine's own proxy" in got


@pytest.mark.parametrize("url", ["socks5://me:secret@proxy:1080", "https://proxy"])
def test_a_proxy_that_is_not_spoken_is_refused_without_its_password(url: str):
    with pytest.raises(SandboxError, match="whose address begins with http://") as caught:
        IndexProxy([], {"HTTPS_PROXY": url})
    assert "secret" not in str(caught.value)


async def test_a_socket_that_cannot_be_made_is_the_sandbox_failing():
    proxy = proxy_for()
    proxy.socket.mkdir()
    with pytest.raises(SandboxError, match="no proxy can listen"):
        async with proxy:
            pass


@given(st.binary(max_size=200))
async def test_whatever_comes_in_reaches_nothing_else(request_text: bytes):
    async with IndexProxy([], {}) as proxy:
        reader, writer = await asyncio.open_unix_connection(proxy.socket)
        writer.write(request_text + b"\r\n\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))


async def test_a_connection_that_breaks_ends_the_other_side():
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * (1 << 20))
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * (1 << 20))
                await writer.drain()
        closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, IndexProxy([("127.0.0.1", port)], {}) as proxy:
        reader, writer = await asyncio.open_unix_connection(proxy.socket)
        writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        async with asyncio.timeout(5):
            await closed.wait()
