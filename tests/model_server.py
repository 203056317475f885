"""A real OpenAI-compatible server in its own process, for tests that count calls at their end.

It answers `/v1/chat/completions`, whole or streamed, through the demo provider, after a latency
that can be set; keeps a list of every request; and fails as often as it is told. Run it by hand
with `python -m tests.model_server --port 8080`, or from a test:

    with model_server(latency=0.2) as server:
        build(LOCAL_LLM_BASE_URL=server.base_url)
        assert len(server.calls()) == 12
"""

import argparse
import asyncio
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import uvicorn
from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from core.errors import RequestRefusedError
from providers.llm.provider import LLMProvider, LLMRequest, LLMResponse, Message

_ROOT = Path(__file__).resolve().parent.parent
_PIECE_CHARACTERS = 400
_STOP_SECONDS = 10.0


class Call(BaseModel):
    """One request as the model's end saw it.

    Attributes:
        digest: of everything the answer depends on; the same for the same question.
        model: the model asked for.
        started: when it came in, seconds since 1970.
        finished: when its answer was ready to be sent to a client that was still there.
        status: HTTP status of the answer; 0 as long as there is none.
    """

    digest: str
    model: str
    started: float
    finished: float | None = None
    status: int = 0


class Failure(BaseModel):
    """How the next requests fail.

    Attributes:
        status: HTTP status; 0 to close the connection in the middle of a streamed answer.
        times: how many requests.
        retry_after: seconds, as the header says.
    """

    status: int = Field(default=500, ge=0, le=599)
    times: int = Field(default=1, ge=0)
    retry_after: float | None = None


class Behaviour(BaseModel):
    """What a test sets; what it leaves out stays as it is."""

    latency: float | None = Field(default=None, ge=0)
    failure: Failure | None = None


class _Turn(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str


class _Chat(BaseModel):
    model: str
    messages: list[_Turn]
    max_tokens: int = 8_192
    temperature: float = 0.7
    response_format: dict[str, Any] | None = None
    stream: bool = False
    stream_options: dict[str, bool] | None = None

    def digest(self) -> str:
        body = self.model_dump(exclude={"stream", "stream_options"})
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

    def request(self) -> LLMRequest:
        turns = [turn for turn in self.messages if turn.role != "system"]
        return LLMRequest(
            model=self.model,
            system="\n".join(turn.content for turn in self.messages if turn.role == "system"),
            messages=tuple(Message.model_validate(turn.model_dump()) for turn in turns),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
        )


class CountingModel:
    """The server's state and routes.

    Args:
        provider: answers.
        latency: seconds each answer takes at least.
        failure_of: how a request fails, where it does; beside what a test sets while it runs.
    """

    def __init__(
        self,
        provider: LLMProvider,
        latency: float,
        *,
        failure_of: Callable[[LLMRequest], Failure | None] | None = None,
    ) -> None:
        self._provider = provider
        self._latency = latency
        self._failure_of = failure_of
        self._failure = Failure(times=0)
        self._calls: list[Call] = []

    def app(self) -> FastAPI:
        """The application with its routes."""
        app = FastAPI()
        app.add_api_route("/v1/chat/completions", self.chat, methods=["POST"], response_model=None)
        app.add_api_route("/v1/models", self.models)
        app.add_api_route("/counts", self.counts)
        app.add_api_route("/behaviour", self.behave, methods=["PUT"])
        return app

    async def models(self) -> dict[str, Any]:
        """The one model there is."""
        return {"object": "list", "data": [{"id": "demo", "object": "model"}]}

    async def counts(self) -> list[Call]:
        """Every request so far, in the order they came in."""
        return self._calls

    async def behave(self, behaviour: Annotated[Behaviour, Body()]) -> None:
        """Change latency or failures."""
        if behaviour.latency is not None:
            self._latency = behaviour.latency
        if behaviour.failure is not None:
            self._failure = behaviour.failure

    async def chat(self, chat: Annotated[_Chat, Body()], http: Request) -> Response:
        """Answer one request, or fail as told."""
        call = Call(digest=chat.digest(), model=chat.model, started=time.time())
        self._calls.append(call)
        failing = self._failure if self._failure.times else None
        if failing is not None:
            self._failure = failing.model_copy(update={"times": failing.times - 1})
        elif self._failure_of is not None:
            failing = self._failure_of(chat.request())
        await asyncio.sleep(self._latency)
        response = await self._response(chat, failing)
        if not await http.is_disconnected():
            call.finished = time.time()
        call.status = response.status_code
        return response

    async def _response(self, chat: _Chat, failing: Failure | None) -> Response:
        if failing is not None and failing.status:
            return _failed(failing.status, "told to fail", failing.retry_after)
        try:
            answer = await self._provider.complete(chat.request())
        except RequestRefusedError as error:
            return _failed(400, str(error), None)
        if chat.stream:
            return StreamingResponse(
                _events(chat, answer, cut=failing is not None), media_type="text/event-stream"
            )
        return JSONResponse(_completion(answer, "message", answer.content, answer.finish_reason))


def _failed(status: int, message: str, retry_after: float | None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return JSONResponse({"error": {"message": message}}, status, headers)


def _completion(
    answer: LLMResponse, part: Literal["message", "delta"], content: str, reason: str | None
) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion" if part == "message" else "chat.completion.chunk",
        "model": answer.model,
        "choices": [{"index": 0, part: message, "finish_reason": reason}],
        "usage": _usage(answer) if part == "message" else None,
    }


def _usage(answer: LLMResponse) -> dict[str, int]:
    return {"prompt_tokens": answer.input_tokens, "completion_tokens": answer.output_tokens}


async def _events(chat: _Chat, answer: LLMResponse, *, cut: bool) -> AsyncGenerator[str]:
    text = answer.content
    for start in range(0, len(text), _PIECE_CHARACTERS):
        piece = text[start : start + _PIECE_CHARACTERS]
        yield f"data: {json.dumps(_completion(answer, 'delta', piece, None))}\n\n"
        if cut:
            return
    yield f"data: {json.dumps(_completion(answer, 'delta', '', answer.finish_reason))}\n\n"
    if (chat.stream_options or {}).get("include_usage"):
        last: dict[str, Any] = {"model": answer.model, "choices": [], "usage": _usage(answer)}
        yield f"data: {json.dumps(last)}\n\n"
    yield "data: [DONE]\n\n"


@dataclass(frozen=True)
class ModelServer:
    """A running server, as a test deals with it.

    Attributes:
        url: its root.
    """

    url: str

    @property
    def base_url(self) -> str:
        """What `LOCAL_LLM_BASE_URL` must say."""
        return f"{self.url}/v1"

    def calls(self) -> list[Call]:
        """Every request so far, in the order they came in."""
        response = httpx.get(f"{self.url}/counts").raise_for_status()
        return [Call.model_validate(call) for call in response.json()]

    def behave(self, *, latency: float | None = None, failure: Failure | None = None) -> None:
        """Change latency or failures from now on."""
        body = Behaviour(latency=latency, failure=failure).model_dump(exclude_none=True)
        httpx.put(f"{self.url}/behaviour", json=body).raise_for_status()


@contextmanager
def model_server(*, latency: float = 0.0, host: str = "127.0.0.1") -> Generator[ModelServer]:
    """A server in a process of its own, which ends with the block or with this process."""
    options = ("--latency", str(latency), "--host", host)
    command = [sys.executable, "-m", "tests.model_server", *options]
    # It ends when its standard input does, so that a killed test leaves none behind.
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "the model server did not start; see its error output"
            yield ModelServer(url)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """Serve until the standard input ends or the process is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address it listens on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds an answer takes")
    parser.add_argument("--stay", action="store_true", help="do not end with the standard input")
    options = parser.parse_args()
    from providers.llm.demo.provider import DemoProvider

    app = CountingModel(DemoProvider(), options.latency).app()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    listening = socket.create_server((options.host, options.port))
    if not options.stay:
        threading.Thread(target=_end_with_input, daemon=True).start()
    # Connections that come before the server is ready wait in the socket's queue.
    sys.stdout.write(f"http://{options.host}:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[listening])


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
