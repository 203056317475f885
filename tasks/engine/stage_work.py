"""What a stage's function works with: its inputs, and a model to ask."""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from pydantic import BaseModel

from core.artifacts.build_record import Usage
from core.errors import AnswerError
from core.settings import SpendingLimits
from core.stages import Stage
from prompts.contexts import PromptContext
from prompts.renderer import render
from providers.llm.asker import Parse, Question
from providers.llm.call_slots import CallSlot
from providers.llm.checkpoints import Slot
from providers.llm.structured import parse_json
from providers.storage.calls import CallMaxima
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_call import BASELINE, StageCall

ModelT = TypeVar("ModelT", bound=BaseModel)
T = TypeVar("T")


class StageWork:
    """One attempt at a stage.

    Attributes:
        call: what the stage was given.
        session: the build it belongs to.
        usage, models: what was asked so far.
        slots: where the answers of this attempt are kept.
    """

    def __init__(self, session: BuildSession, call: StageCall) -> None:
        self.session = session
        self.call = call
        self.stage: Stage = session.table[call.stage]
        self.usage = Usage()
        self.models: dict[str, None] = {}
        self.slots: list[Slot] = []
        self._maxima = session.call_maxima(self.stage)
        self._spending = session.spending

    def hold_to(self, maxima: CallMaxima, spending: SpendingLimits) -> None:
        """Let other limits hold for the calls of this attempt from now on.

        Args:
            maxima: of calls.
            spending: of money.
        """
        self._maxima, self._spending = maxima, spending

    @overload
    def read(self, path: str) -> str: ...
    @overload
    def read(self, path: str, artifact_type: type[ModelT]) -> ModelT: ...
    def read(self, path: str, artifact_type: type[ModelT] | None = None) -> ModelT | str:
        """Read an input: a document as text, or an artifact as its type."""
        text = self.call.inputs[path]
        return text if artifact_type is None else artifact_type.model_validate_json(text)

    @property
    def is_change(self) -> bool:
        """Whether a build is changed of which is known what the change concerns."""
        return any(name.startswith(BASELINE) for name in self.call.inputs)

    @overload
    def before(self, path: str) -> str: ...
    @overload
    def before(self, path: str, artifact_type: type[ModelT]) -> ModelT: ...
    def before(self, path: str, artifact_type: type[ModelT] | None = None) -> ModelT | str:
        """Read an artifact of the build that is changed, as `read` reads one of this build."""
        text = self.call.inputs[BASELINE + path]
        return text if artifact_type is None else artifact_type.model_validate_json(text)

    def edited(self, path: str, artifact_type: type[ModelT]) -> ModelT | None:
        """What a person put in place of an output, if they did."""
        text = self.call.edits.get(path)
        return None if text is None else artifact_type.model_validate_json(text)

    async def ask(
        self,
        context: PromptContext,
        answer_type: type[ModelT],
        check: Callable[[ModelT], None] | None = None,
        *,
        reshape: Callable[[Any], Any] | None = None,
        review_round: int = 0,
    ) -> ModelT:
        """Ask for a document of a type.

        Args:
            context: what the template is given.
            answer_type: the type to parse the answer into.
            check: raises `ValueError` when an answer of the right type is still wrong; the model
                is then asked again with that text.
            reshape: for answers that models give in several shapes: brings one into the form that
                was asked for, or raises `ValueError`.
            review_round: for a stage that asks the same again after it looked at all answers: how
                often it did so before. Each round has its own answers.

        Raises:
            AnswerError: no model gave a usable answer.
        """

        def parse(content: str) -> ModelT:
            answer = parse_json(content, answer_type, reshape)
            if check is not None:
                check(answer)
            return answer

        return await self._ask(context, parse, review_round)

    async def ask_text(self, context: PromptContext, parse: Parse[T]) -> T:
        """Ask for free text, and take what is wanted out of it.

        Args:
            context: what the template is given.
            parse: takes the value out of the answer; raises `ValueError` when it cannot.
        """
        return await self._ask(context, parse)

    async def reject_answers(self) -> None:
        """Spend every answer of this attempt, so that the next one asks anew.

        Raises:
            StorageError: the store failed.
        """
        await self.session.asker.reject(self.slots)

    async def _ask(self, context: PromptContext, parse: Parse[T], review_round: int = 0) -> T:
        session = self.session
        prompt = render(context)
        asking = session.table.asking(prompt.template)
        question = Question(
            build_id=session.build_id,
            project_id=session.project_id,
            user=session.user,
            stage=self.stage.number,
            file=self.call.file or None,
            template=prompt.template,
            system=prompt.system,
            user_text=prompt.user,
            answer_type=prompt.answer_type,
            choices=session.router.choices(asking.number, prompt.template),
            limits=self._maxima,
            spending=self._spending,
            slot=self._slot(),
            salt=session.salt(self.stage),
            review_round=review_round,
        )
        try:
            answer = await session.asker.ask(question, parse)
        except AnswerError:
            self.slots.clear()  # the asker has spent what was bad; what it accepted before is good
            raise
        self.slots.extend(answer.slots)
        self.usage += answer.usage
        self.models.update(dict.fromkeys(answer.models))
        return answer.value

    def _slot(self) -> CallSlot | None:
        """Of a stage's many files only so many are asked about at once."""
        if not self.stage.fan_out:
            return None
        return CallSlot(self.session.file_slots, begins=not self.slots)
