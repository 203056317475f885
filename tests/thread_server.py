"""Serves an application from a thread of this process."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


class _Server(uvicorn.Server):
    """A server in a thread, which gets no signals."""

    def install_signal_handlers(self) -> None:
        """Leave the process's signals alone."""


@contextmanager
def served(app: FastAPI) -> Generator[str]:
    """Serve an application on a free port.

    Yields:
        Its root's URL.
    """
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = _Server(config)
    sockets = [config.bind_socket()]
    port = sockets[0].getsockname()[1]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets)), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        sockets[0].close()
