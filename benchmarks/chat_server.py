"""A chat completion server in a process of its own, cheap enough never to be the bottleneck.

It speaks just enough HTTP/1.1 to answer `POST …` on kept connections, one request at a time each,
and waits as long as it is told before each answer, as a model would. The answer is a chat
completion, in one piece or, where the request asks for it, as a stream; of about 2 kB, if nobody
says otherwise.
"""

import asyncio
import json
import multiprocessing
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any, cast

TEXT = "A model's answer is a text of some length, and most of it is like this. " * 24
"""What every answer says, in some 1,700 characters."""

Texts = Callable[[bytes], str]
"""Says what the answer to a request's body is: a function of a module, given to the process."""
_PIECES = 40
_KEPT = 4_096
_USAGE = {"prompt_tokens": 512, "completion_tokens": 430, "total_tokens": 942}
_ENVELOPE = {"id": "chatcmpl-1", "created": 1, "model": "bench-1"}


def same_text(_body: bytes) -> str:
    """The same answer to everything."""
    return TEXT


@contextmanager
def chat_server(texts: Texts = same_text) -> Generator[str]:
    """Serve on a free port of this machine; gives the base URL.

    The seconds to wait before an answer are the last part of a base URL's path: `{url}/0.2`.

    Args:
        texts: what is answered to which request.

    Raises:
        RuntimeError: the server's process ended before it listened.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, texts), daemon=True)
    process.start()
    theirs.close()  # so that its end is seen here when it has ended there
    try:
        port = ours.recv()
    except EOFError:
        process.join(10)
        raise RuntimeError(
            f"the server of the benchmark ended with exit code {process.exitcode} before it "
            "listened; its error stands above"
        ) from None
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        ours.send(None)
        process.join(10)
        if process.is_alive():
            process.kill()


def _serve(parent: Connection, texts: Texts) -> None:
    asyncio.run(_serving(parent, texts))


async def _serving(parent: Connection, texts: Texts) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(texts), "127.0.0.1", 0, backlog=512)
    stop = asyncio.Event()
    loop.add_reader(parent.fileno(), stop.set)
    parent.send(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()


class _Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _content_length(head):
            return
        self._received.clear()
        seconds = float(head.split(b" ", 2)[1].split(b"/")[1])
        # Some clients write a blank behind the colon, and none of them writes this otherwise.
        streams = b'"stream":true' in body or b'"stream": true' in body
        answer = (_streamed if streams else _whole)(self._texts(bytes(body)))
        asyncio.get_running_loop().call_later(seconds, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _content_length(head: bytearray) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


@lru_cache(_KEPT)
def _whole(text: str) -> bytes:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    reply = {**_ENVELOPE, "object": "chat.completion", "choices": [choice], "usage": _USAGE}
    body = json.dumps(reply).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    return f"{head}{len(body)}\r\n\r\n".encode() + body


@lru_cache(_KEPT)
def _streamed(text: str) -> bytes:
    size = -(-len(text) // _PIECES)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    events = [*(_event({"content": piece}, None) for piece in pieces), _event({}, "stop")]
    events.append({**_ENVELOPE, "choices": [], "usage": _USAGE})
    data = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    data.append(b"data: [DONE]\n\n")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in data)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def _event(delta: dict[str, str], reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {**_ENVELOPE, "object": "chat.completion.chunk", "choices": [choice]}
