"""Stages at work on a gold repository, one by one, over real HTTP, without the flow around."""

import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from prefect.client.schemas.objects import TaskRun
from prefect.states import Failed

from core.errors import ModelError
from core.layout import CODE
from core.options import BuildOptions
from providers.llm.http_client import HttpClient
from providers.llm.retrying import Patience
from tasks.code_generation import FilePlan, file_call, plan_files
from tasks.engine.build_session import session_opened
from tasks.engine.stage_call import StageCall
from tasks.engine.stage_runner import may_retry, perform_stage
from tests.gold.builds import questionnaire_of
from tests.gold.faults.mutant import Mutant
from tests.gold.faults.structure import Misanswer
from tests.gold.playback import Fault, Place, Playback
from tests.gold.tally import Outcome
from tests.tasks.sessions import open_session

STAGES = ("0", "1", "1.5", "2", "3", "3.5", "4", "5")
"""The stages before files are written."""

_ATTEMPTS = 3
"""Of a stage, as the engine makes them."""
_NO_RUN = TaskRun(task_key="", dynamic_key="")


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
            folder,
            url,
            questionnaire=questionnaire_of(self.gold),
            client=self._client,
            patience=Patience(attempts=2),
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
        self._renew(Place("coder", mutant.path), mutant.fault, stubborn=stubborn)
        assert self._plan is not None
        stage = self._session.table["7"]
        texts = {path: self.gold.texts.get(path, "") for path in self._plan.contracts}
        call = file_call(self._session, stage, self._plan, mutant.path, texts)
        try:
            outputs = await self._perform(call, 1 if stubborn else _ATTEMPTS)
        except ModelError as error:
            return Outcome(right=False, accepted=False, extra=self._extra(2), error=str(error))
        right = outputs[CODE + mutant.path] == self.gold.texts[mutant.path]
        return Outcome(right=right, accepted=True, extra=self._extra(2))

    async def answer(self, wrong: Misanswer, *, stubborn: bool) -> Outcome:
        """Run the stage whose first answer, or every one, is wrong; and 5 if 4 did not see it.

        Corrections are left out of what is compared: they tell what was mended on the way.
        """
        self._renew(wrong.place, wrong.fault, stubborn=stubborn)
        right = self._session.artifacts
        self._session.artifacts = dict(self._before[wrong.stage])
        attempts = 1 if stubborn else _ATTEMPTS
        try:
            same = await self._redo(wrong.stage, attempts, right)
            if not same and wrong.stage == "4":
                same = await self._redo("5", attempts, right)
        except ModelError as error:
            return Outcome(right=False, accepted=False, extra=0, error=str(error))
        finally:
            self._session.artifacts = right
        extra = sum(self._playback.asked.values()) - len(self._playback.asked)
        return Outcome(right=same, accepted=True, extra=extra)

    async def _redo(self, number: str, attempts: int, right: Mapping[str, str]) -> bool:
        """Run a stage; whether what it wrote is as it should be."""
        written = await self._run(number, attempts)
        self._session.artifacts.update(written)
        return all(_compared(text) == _compared(right[path]) for path, text in written.items())

    async def _run(self, number: str, attempts: int = 1) -> Mapping[str, str]:
        stage = self._session.table[number]
        return await self._perform(self._session.call_for(stage), attempts)

    async def _perform(self, call: StageCall, attempts: int) -> Mapping[str, str]:
        """What the engine does: run the stage's task, and again where that may help.

        Raises:
            ModelError: of the last attempt.
        """
        with session_opened(self._session):
            for attempt in range(attempts):
                try:
                    return (await perform_stage.fn(call)).outputs
                except ModelError as error:
                    state = Failed(data=error)
                    if attempt == attempts - 1 or not may_retry(perform_stage, _NO_RUN, state):
                        raise
        raise AssertionError("no attempt was made")

    def _renew(self, place: Place, fault: Fault, *, stubborn: bool) -> None:
        """Begin a build that has no answers yet, and no calls against its maxima."""
        self._session.build_id = f"gold-{next(self._numbers)}"
        self._session.options = BuildOptions(fresh=self._session.build_id)
        self._playback.forget({place: fault.made_stubborn() if stubborn else fault})

    def _extra(self, needed: int) -> int:
        return sum(self._playback.asked.values()) - needed


def _compared(artifact: str) -> str:
    """An artifact without the account of what was corrected, and its tests in one order."""
    if not artifact.startswith("{"):
        return artifact
    document = json.loads(artifact)
    tests = sorted(map(json.dumps, document.get("tests", [])))
    return json.dumps({**document, "corrections": [], "tests": tests}, sort_keys=True)
