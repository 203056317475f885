"""Asks a question until there is an answer that can be used, within a bounded number of calls.

The first model is asked; a cut-off answer is asked for with more room or continued, one that
cannot be parsed is asked for again with the exact error; then the fallback model in the same way.
A model that is left alone by its breaker, or is busy for longer than is worth waiting, gives its
place to the fallback as well. A provider that refuses or breaks raises at once, because the engine
owns retries.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Generic, TypeVar, cast

from pydantic import BaseModel

from core.artifacts.build_record import Usage
from core.errors import AnswerError, AnswersRefusedError, ProviderBusyError
from core.settings import SpendingLimits
from providers.llm.answer_schema import json_schema_of
from providers.llm.call_slots import CallSlot
from providers.llm.catalogue import ModelRow
from providers.llm.checkpoints import (
    AnswerCheckpoints,
    Keep,
    KeptAnswer,
    Slot,
    question_key,
)
from providers.llm.conversation import Conversation
from providers.llm.model_caller import Call, LeftAloneError, ModelCaller, Providers
from providers.llm.prompt_size import likely_tokens
from providers.llm.provider import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    JSON_TEMPERATURE,
    LLMRequest,
    LLMResponse,
    Versioned,
)
from providers.llm.stage_router import ModelChoice
from providers.storage.calls import CallIdentity, CallMaxima

T = TypeVar("T")

Parse = Callable[[str], T | Awaitable[T]]
"""Takes what is wanted out of an answer; raises `ValueError` when it cannot."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, for whom, and of which models.

    Attributes:
        build_id, project_id, user: the build it is asked for.
        stage: the stage's number.
        file: path of the file it is about, if it is about one.
        template: name of the prompt's template.
        system: the system text.
        user_text: the user's turn.
        answer_type: model the answer must fit; `None` for free text.
        choices: the models to ask, the first and its fallbacks.
        limits: maxima of calls.
        max_tokens: room of the first answer, in tokens.
        temperature: `None` for the default: lower where JSON is asked for.
        salt: set by builds that want answers of their own.
        review_round: which round of asking the same this is, from 0; each has its own answers.
        spending: limits of money for its calls alone; `None` for those of every call.
        slot: the one that each of its calls needs; `None` if they need none.
    """

    build_id: str
    project_id: str
    user: str
    stage: str
    template: str
    system: str
    user_text: str
    choices: tuple[ModelChoice, ...]
    limits: CallMaxima
    file: str | None = None
    answer_type: type[BaseModel] | None = None
    max_tokens: int = DEFAULT_MAX_TOKENS
    temperature: float | None = None
    salt: str = ""
    review_round: int = 0
    spending: SpendingLimits | None = None
    slot: CallSlot | None = None

    def __post_init__(self) -> None:
        if not self.choices:
            raise ValueError(f"the question of template {self.template!r} names no model to ask")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """An answer that was accepted.

    Attributes:
        value: what the parser made of it.
        usage: of every answer on the way, also of those kept from before; see `Usage`.
        models: `provider/model` of every model that answered, in order.
        calls_made: answers asked for now; the others were kept from before, or taken from the
            response cache.
        slots: where every answer on the way is kept, for `Asker.reject`.
    """

    value: T
    usage: Usage
    models: tuple[str, ...]
    calls_made: int
    slots: tuple[Slot, ...]


@dataclass
class _Record:
    """What was answered so far."""

    answers: list[tuple[ModelChoice, KeptAnswer]] = field(
        default_factory=list[tuple[ModelChoice, KeptAnswer]]
    )

    def answer(self, value: T) -> Answer[T]:
        usage = sum((_usage(kept) for _, kept in self.answers), Usage())
        models = dict.fromkeys(choice.identity for choice, _ in self.answers)
        made = sum(kept.origin == "asked" for _, kept in self.answers)
        return Answer(value, usage, tuple(models), made, self.slots)

    def add(self, choice: ModelChoice, kept: KeptAnswer) -> None:
        """Note an answer; one that is met again, because its model was left alone, counts once."""
        if kept.slot not in self.slots:
            self.answers.append((choice, kept))

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(kept.slot for _, kept in self.answers)


class Asker:
    """Asks models, and takes every answer that is kept already.

    Args:
        providers: gives the providers.
        checkpoints: keep every answer.
        caller: makes the calls.
    """

    def __init__(
        self, providers: Providers, checkpoints: AnswerCheckpoints, caller: ModelCaller
    ) -> None:
        self._providers = providers
        self._checkpoints = checkpoints
        self._caller = caller

    async def ask(self, question: Question, parse: Parse[T]) -> Answer[T]:
        """Ask until an answer parses.

        Args:
            question: what to ask.
            parse: makes the value of a whole answer; its `ValueError` is told to the model.

        Raises:
            AnswersRefusedError: every model answered, and none so that it parses; the text says
                what was wrong with each one's. Their answers are spent: whoever asks next asks
                anew.
            AnswerError: the same, but one of the models was too busy to be asked.
            RequestRefusedError, ProviderBusyError, ProviderFailedError: of the provider.
            InputError: the prompt is empty or too long.
            CallLimitError, SpendingLimitError: a limit is reached.
            StorageError: store, ledger or rate limits failed.
        """
        record = _Record()
        problems: list[str] = []
        error_type: type[AnswerError] = AnswersRefusedError
        waiting = list(question.choices)
        while waiting:
            choice = waiting.pop(0)
            try:
                value = await self._converse(question, choice, waiting, parse, record)
            except LeftAloneError:
                waiting.append(choice)  # after the others, which can be asked now
                continue
            except AnswerError as error:
                problems.append(f"{choice}: {error}")
                continue
            except ProviderBusyError as error:
                if not waiting:
                    raise
                error_type = AnswerError
                problems.append(f"{choice}: {error}")
                continue
            return record.answer(value)
        await self.reject(record.slots)
        last = question.choices[-1]
        raise error_type(
            f"no usable answer to {question.template} after {len(record.answers)} answers; "
            + "; ".join(problems),
            provider=last.provider,
            model=last.model,
        )

    async def reject(self, slots: Iterable[Slot]) -> None:
        """Spend answers that were accepted one by one, and turned out not to fit together.

        Args:
            slots: of the answers; whoever asks the same next asks anew.

        Raises:
            StorageError: the store failed.
        """
        await self._checkpoints.spend(slots)

    async def _converse(
        self,
        question: Question,
        choice: ModelChoice,
        others: Sequence[ModelChoice],
        parse: Parse[T],
        record: _Record,
    ) -> T:
        """One model's conversation; its end without a value is an `AnswerError`."""
        model = self._providers.model(choice.provider, choice.model)
        conversation = Conversation(
            question.user_text,
            max_tokens=question.max_tokens,
            most_tokens=_most_room(question, model),
            continues=question.answer_type is None,
        )
        ordinal = 0
        while True:
            request = _request(question, model, conversation)
            kept = await self._answer(question, choice, others, request, ordinal)
            record.add(choice, kept)
            ordinal += 1
            text = conversation.take(kept.response)
            if text is None:
                continue
            try:
                return await _parsed(text, parse)
            except ValueError as error:
                conversation.reject(text, str(error))

    async def _answer(
        self,
        question: Question,
        choice: ModelChoice,
        others: Sequence[ModelChoice],
        request: LLMRequest,
        ordinal: int,
    ) -> KeptAnswer:
        # What is computed here needs no cache, and is answered anew when its code has changed.
        provider = self._providers.provider(choice.provider)
        version = provider.version if isinstance(provider, Versioned) else ""
        key = question_key(
            f"{choice.provider}@{version}" if version else choice.provider,
            request,
            ordinal=ordinal,
            salt=question.salt,
            review_round=question.review_round,
            extra_body=self._providers.model(choice.provider, choice.model).extra_body,
        )
        identity = _identity(question, choice, key)
        call = Call(identity, request, question.limits, ordinal, question.spending, question.slot)

        async def ask(keep: Keep) -> LLMResponse:
            return await self._caller.call(call, keep, others=others)

        kept = await self._checkpoints.answer(
            question.build_id,
            key,
            ask,
            shareable=not version,
            server=self._providers.row(choice.provider).base_url,
        )
        if kept.origin == "shared":
            await self._caller.record_borrowed(call, kept.response)
        return kept


def _identity(question: Question, choice: ModelChoice, digest: str) -> CallIdentity:
    return CallIdentity(
        build_id=question.build_id,
        project_id=question.project_id,
        user=question.user,
        stage=question.stage,
        template=question.template,
        file=question.file,
        provider=choice.provider,
        model=choice.model,
        prompt_digest=digest,
    )


def _most_room(question: Question, model: ModelRow) -> int:
    """Most tokens of an answer: the model's, as far as its context has them beside the question.

    Never less than is asked for at first, so that a question too long is refused as what it is.
    """
    asked = sum(map(likely_tokens, (question.system, question.user_text)))
    first = min(question.max_tokens, model.max_output_tokens)
    return max(first, min(model.max_output_tokens, model.context_tokens - asked))


def _request(question: Question, model: ModelRow, conversation: Conversation) -> LLMRequest:
    answer_type = question.answer_type
    usual = DEFAULT_TEMPERATURE if answer_type is None else JSON_TEMPERATURE
    return LLMRequest(
        model=model.wire_id,
        system=question.system,
        messages=conversation.messages,
        max_tokens=conversation.max_tokens,
        temperature=usual if question.temperature is None else question.temperature,
        schema_name="" if answer_type is None else answer_type.__name__,
        json_schema=None if answer_type is None else json_schema_of(answer_type),
    )


async def _parsed(text: str, parse: Parse[T]) -> T:
    if not text.strip():
        raise ValueError("the answer is empty")
    value = parse(text)
    return await cast("Awaitable[T]", value) if isawaitable(value) else cast("T", value)


def _usage(kept: KeptAnswer) -> Usage:
    response = kept.response
    return Usage(
        calls=1,
        from_cache=int(kept.borrowed),
        input_tokens=response.input_tokens,
        output_tokens=response.output_tokens,
        cost_usd=response.cost_usd,
        seconds=response.latency_seconds,
    )
