"""A model server that shows the key it was sent wherever a server could.

The first request with each key breaks, the second is answered with garbage. From then on the demo
model answers; or the key is refused, where the server is told to refuse the model.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from providers.llm.demo.provider import DemoProvider
from providers.llm.provider import LLMRequest, Message

_PROSE = ("summary", "description", "purpose", "text")


class EchoingServer:
    """A running server, as a test deals with it.

    Args:
        refused: ids of models whose keys are refused.

    Attributes:
        seen: how often each key came.
        echoed: how many answers held the key.
    """

    def __init__(self, refused: str) -> None:
        self.refused = refused
        self.url = ""
        self.seen: Counter[str] = Counter()
        self.echoed = 0

    def answer(self, key: str, chat: dict[str, Any]) -> tuple[int, bytes]:
        """Status and body of the answer to one request."""
        self.seen[key] += 1
        if self.seen[key] == 1:
            return 500, _error(f"worker died; headers: Authorization: Bearer {key}")
        if self.seen[key] == 2:
            return 200, f'{{"choices": [{{"message": {key}'.encode()
        if chat["model"] == self.refused:
            return 401, _error(f"Incorrect API key provided: {key}.")
        turns = [turn for turn in chat["messages"] if turn["role"] != "system"]
        request = LLMRequest(
            model=chat["model"],
            system="\n".join(
                turn["content"] for turn in chat["messages"] if turn["role"] == "system"
            ),
            messages=tuple(Message.model_validate(turn) for turn in turns),
        )
        content = self._echoing(asyncio.run(DemoProvider().complete(request)).content, key)
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        completion = {"id": key, "object": "chat.completion", "model": key, "choices": [choice]}
        return 200, json.dumps(completion).encode()

    def _echoing(self, content: str, key: str) -> str:
        """A demo's answer with the key in its prose: in Markdown, or in a field of JSON."""
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if answer is None and content.startswith("#"):
            self.echoed += 1
            return f"{content}\n\nAsked with {key}.\n"
        if isinstance(answer, dict):
            fields = cast("dict[str, Any]", answer)
            for name in _PROSE:
                if isinstance(fields.get(name), str):
                    fields[name] += f" Asked with {key}."
                    self.echoed += 1
            return json.dumps(fields)
        return content


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message}}).encode()


@contextmanager
def echoing_server(refused: str) -> Generator[EchoingServer]:
    """A server in a thread of this process."""
    state = EchoingServer(refused)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            key = self.headers["Authorization"].removeprefix("Bearer ")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = state.answer(key, json.loads(body))
            self.send_response(status, f"Answer for {key}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("x-request-id", key)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        state.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield state
        finally:
            server.shutdown()
