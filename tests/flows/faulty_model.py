"""A model server whose code has a mistake that only a test can see, and which may mend it."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from core.fence import read_fenced
from prompts.contexts import SourceFiles
from providers.llm.demo.provider import DemoProvider
from providers.llm.provider import LLMRequest, LLMResponse
from tests.model_server import CountingModel

RIGHT, WRONG = "HTTP_201_CREATED", "HTTP_202_ACCEPTED"
NO_IDEA = "NO CHANGE: nothing in these files explains it.\n"

Debugger = Callable[["FaultyModel", dict[str, str]], str]


def mend(_model: "FaultyModel", blocks: dict[str, str], right: str = RIGHT) -> str:
    """Put the mistake right, in whichever file is shown with it."""
    files = SourceFiles.model_validate_json(blocks["files"]).files
    path, text = next((file.path, file.content) for file in files if WRONG in file.content)
    line = next(line for line in text.splitlines() if WRONG in line)
    good = line.replace(WRONG, right)
    block = f"<<<<<<< SEARCH\n{line}\n=======\n{good}\n>>>>>>> REPLACE\n"
    return f"Creating answers 201.\n\n{path}\n{block}"


class FaultyModel(DemoProvider):
    """Writes what the demo model writes, with the mistake in every router.

    Attributes:
        debugger: answers when it is asked to mend.
        asked: how often each template was asked.
        questions: what the debugger was asked, in order.
    """

    def __init__(self) -> None:
        self.debugger: Debugger = mend
        self.asked: Counter[str] = Counter()
        self.questions: list[str] = []

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request."""
        template = request.system.partition("\n")[0].removeprefix("# ").strip()
        self.asked[template] += 1
        answer = await super().complete(request)
        if template == "coder" and "APIRouter" in answer.content:
            return answer.model_copy(update={"content": answer.content.replace(RIGHT, WRONG)})
        if template == "debugger":
            self.questions.append(request.messages[0].content)
            blocks = dict(read_fenced(request.messages[0].content))
            return answer.model_copy(update={"content": self.debugger(self, blocks)})
        return answer


class _Server(uvicorn.Server):
    """A server in a thread, which gets no signals."""

    def install_signal_handlers(self) -> None:
        """Leave the process's signals alone."""


@contextmanager
def faulty_model() -> Generator[tuple[FaultyModel, str]]:
    """Serve the model from a thread of this process.

    Yields:
        The model, and what `LOCAL_LLM_BASE_URL` must say.
    """
    model = FaultyModel()
    app = CountingModel(model, 0.0).app()
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = _Server(config)
    listening = config.bind_socket()
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    try:
        yield model, f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
