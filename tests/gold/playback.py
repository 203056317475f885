"""Plays a known-good repository back as a model's answers, over OpenAI's protocol.

It knows the repository by heart, as a model knows what it would write. What it is asked it knows
from the prompt alone: the template from the first line of the system text, and everything else from
the data blocks. A prompt that forgot what an answer needs is refused, so that it shows.
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from core.errors import RequestRefusedError
from core.fence import read_fenced
from providers.llm.provider import Health, LLMRequest, LLMResponse
from tests.gold import answers
from tests.gold.prompt import Prompt
from tests.gold.repository import Gold
from tests.model_server import CountingModel, Failure
from tests.thread_server import served


class Place(NamedTuple):
    """Which question it is: the template, and the file or module it is about."""

    template: str
    about: str


@dataclass(frozen=True)
class Fault:
    """How an answer goes wrong.

    Attributes:
        spoil: makes the wrong answer out of the right one.
        failure: how the server fails in place of an answer, instead.
        finish_reason: what the server says of the answer's end.
        stubborn: whether every answer to the question is wrong, and not only the first.
    """

    spoil: Callable[[str], str] = field(default=lambda answer: answer)
    failure: Failure | None = None
    finish_reason: str = "stop"
    stubborn: bool = False

    def made_stubborn(self) -> "Fault":
        """The same fault in every answer."""
        return replace(self, stubborn=True)


class Playback:
    """The model.

    Args:
        gold: the repository it plays back.

    Attributes:
        gold: the repository.
        faults: how the first answer to a question goes wrong, or every one.
        asked: how often each question was asked.
    """

    name = "playback"

    def __init__(self, gold: Gold) -> None:
        self.gold = gold
        self.faults: dict[Place, Fault] = {}
        self.asked: Counter[Place] = Counter()

    def forget(self, faults: Mapping[Place, Fault] | None = None) -> None:
        """Count from nothing again, with these faults."""
        self.asked.clear()
        self.faults = dict(faults or {})

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            RequestRefusedError: the prompt lacks something, or asks for what is not there.
        """
        prompt = _prompt_of(request)
        place = Place(prompt.template, prompt.about)
        self.asked[place] += 1
        content = _continued(request, answers.answer(self.gold, prompt, self._unwritten()))
        fault = self.faults.get(place)
        reason = "stop"
        if fault is not None and (fault.stubborn or self.asked[place] == 1):
            content, reason = fault.spoil(content), fault.finish_reason
        return LLMResponse.model_validate(
            {
                "content": content,
                "input_tokens": len(request.system) // 4,
                "output_tokens": len(content) // 4,
                "provider": self.name,
                "model": request.model,
                "finish_reason": reason,
            }
        )

    def _unwritten(self) -> set[str]:
        """Files whose every answer is wrong, so that the build may go on without them."""
        return {
            place.about
            for place, fault in self.faults.items()
            if place.template == "coder" and fault.stubborn
        }

    def failure_of(self, request: LLMRequest) -> Failure | None:
        """How the server fails at this request, if a fault says so."""
        prompt = _prompt_of(request)
        place = Place(prompt.template, prompt.about)
        fault = self.faults.get(place)
        if fault is None or fault.failure is None:
            return None
        wrong = fault.stubborn or self.asked[place] == 0
        if wrong and fault.failure.status:
            self.asked[place] += 1  # a request that is cut off is counted when it is answered
        return fault.failure if wrong else None

    async def health_check(self) -> Health:
        """It is always there."""
        return Health(well=True)


def _continued(request: LLMRequest, whole: str) -> str:
    """The rest of an answer that was cut off, where that is what is asked for."""
    last = request.messages[-1].content
    if len(request.messages) < 2 or not last.startswith("Your answer was cut off."):
        return whole
    written = request.messages[-2].content
    if not whole.startswith(written):
        raise RequestRefusedError(f"the answer that was cut off is not the prompt's: {written!r}")
    return whole[len(written) :]


def _prompt_of(request: LLMRequest) -> Prompt:
    template = request.system.partition("\n")[0].removeprefix("# ").strip()
    if not template:
        raise RequestRefusedError("the system text does not begin with '# ' and its template")
    question = next(turn.content for turn in request.messages if turn.role == "user")
    return Prompt(template, read_fenced(question))


@contextmanager
def played_back(playback: Playback) -> Generator[str]:
    """Serve a playback from a thread of this process.

    Yields:
        What `LOCAL_LLM_BASE_URL` must say.
    """
    with served(CountingModel(playback, 0.0, failure_of=playback.failure_of).app()) as url:
        yield f"{url}/v1"
