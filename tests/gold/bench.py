"""Stages at work on a gold repository, one by one, over real HTTP, without the flow around."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from core.errors import AnswerError
from core.layout import CODE
from core.options import BuildOptions
from providers.llm.http_client import HttpClient
from tasks.code_generation import FilePlan, file_call, plan_files
from tasks.engine.stage_call import as_text
from tasks.engine.stage_runner import load_function
from tasks.engine.stage_work import StageWork
from tests.gold.builds import questionnaire_of
from tests.gold.faults.mutant import Mutant
from tests.gold.playback import Fault, Place, Playback
from tests.tasks.sessions import open_session

STAGES = ("0", "1", "1.5", "2", "3", "3.5", "4", "5")
"""The stages before files are written."""


@dataclass(frozen=True)
class Outcome:
    """What came of a question that was answered wrongly at first.

    Attributes:
        right: what was accepted in the end is as it should be.
        accepted: something was accepted; else the stage gave up.
        extra: calls beyond those that are needed.
        error: why the stage gave up.
    """

    right: bool
    accepted: bool
    extra: int
    error: str = ""


class Bench:
    """A build of a gold repository, of which each stage can be run again.

    Args:
        playback: the model.
        url: where it is served.
        folder: for everything that is kept.
    """

    def __init__(self, playback: Playback, url: str, folder: Path) -> None:
        self.gold = playback.gold
        self._playback = playback
        self._client = HttpClient()
        self._session = open_session(
            folder, url, questionnaire=questionnaire_of(self.gold), client=self._client
        )
        self._numbers = count()
        self._before: dict[str, dict[str, str]] = {}
        self._plan: FilePlan | None = None

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def design(self) -> None:
        """Run the stages before files are written, and keep what each of them read."""
        for number in STAGES:
            self._before[number] = dict(self._session.artifacts)
            self._session.artifacts.update(await self._run(number))
        self._plan = plan_files(self._session)

    async def write(self, mutant: Mutant, *, stubborn: bool) -> Outcome:
        """Write a file whose first answer, or every one, is wrong."""
        place = Place("coder", mutant.path)
        self._renew(place, mutant.fault, stubborn=stubborn)
        assert self._plan is not None
        stage = self._session.table["7"]
        texts = {path: self.gold.texts.get(path, "") for path in self._plan.contracts}
        call = file_call(self._session, stage, self._plan, mutant.path, texts)
        work = StageWork(self._session, call)
        try:
            outputs = await load_function(stage)(work)
        except AnswerError as error:
            return Outcome(right=False, accepted=False, extra=self._extra(2), error=str(error))
        right = outputs[CODE + mutant.path] == self.gold.texts[mutant.path]
        return Outcome(right=right, accepted=True, extra=self._extra(2))

    async def answer(self, number: str, place: Place, fault: Fault, *, stubborn: bool) -> Outcome:
        """Run a stage in which the first answer to a question, or every one, is wrong."""
        right = {path: self._session.artifacts[path] for path in self._session.table[number].writes}
        self._renew(place, fault, stubborn=stubborn)
        artifacts = dict(self._session.artifacts)
        self._session.artifacts = dict(self._before[number])
        try:
            outputs = await self._run(number)
        except AnswerError as error:
            return Outcome(right=False, accepted=False, extra=0, error=str(error))
        finally:
            self._session.artifacts = artifacts
        extra = sum(self._playback.asked.values()) - len(self._playback.asked)
        return Outcome(right=outputs == right, accepted=True, extra=extra)

    async def _run(self, number: str) -> Mapping[str, str]:
        stage = self._session.table[number]
        call = self._session.call_for(stage)
        outputs = await load_function(stage)(StageWork(self._session, call))
        return {path: as_text(value) for path, value in outputs.items()}

    def _renew(self, place: Place, fault: Fault, *, stubborn: bool) -> None:
        """Begin a build that has no answers yet, and no calls against its maxima."""
        self._session.build_id = f"gold-{next(self._numbers)}"
        self._session.options = BuildOptions(fresh=self._session.build_id)
        self._playback.forget({place: fault.made_stubborn() if stubborn else fault})

    def _extra(self, needed: int) -> int:
        return sum(self._playback.asked.values()) - needed
