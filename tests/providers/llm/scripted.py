"""A scripted provider, a store and a ledger in memory, and a kill at any chosen moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from core.errors import ArtifactNotFoundError, CallLimitError
from core.settings import SpendingLimits
from providers.llm.catalogue import Catalogue, ModelRow, ProviderRow
from providers.llm.provider import Health, LLMProvider, LLMRequest, LLMResponse
from providers.storage.calls import CallIdentity, CallMaxima, ClosedOutcome


class KilledError(BaseException):
    """The process died here; nothing after this moment ran."""


class Clock:
    """Counts moments, and kills at the one it is told."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.moment = 0
        self.kill_at = kill_at

    def tick(self) -> None:
        if self.kill_at is not None and self.moment >= self.kill_at:
            raise KilledError
        self.moment += 1


@dataclass
class MemoryStore:
    """Texts by key; each access is a moment before and, where it writes, one after."""

    clock: Clock = field(default_factory=Clock)
    texts: dict[str, str] = field(default_factory=dict[str, str])

    async def read_text(self, key: str) -> str:
        self.clock.tick()
        try:
            return self.texts[key]
        except KeyError:
            raise ArtifactNotFoundError(key) from None

    async def write_text(self, key: str, text: str, *, durable: bool = True) -> None:
        self.clock.tick()
        self.texts[key] = text
        self.clock.tick()

    async def exists(self, key: str) -> bool:
        self.clock.tick()
        return key in self.texts

    async def delete(self, key: str) -> None:
        self.clock.tick()
        if self.texts.pop(key, None) is None:
            raise ArtifactNotFoundError(key)
        self.clock.tick()


@dataclass
class MemoryLedger:
    """Counts calls as the usage ledger does."""

    clock: Clock = field(default_factory=Clock)
    calls: list[CallIdentity] = field(default_factory=list[CallIdentity])
    outcomes: dict[int, str] = field(default_factory=dict[int, str])
    extended: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])

    async def reserve(
        self,
        call: CallIdentity,
        maxima: CallMaxima,
        *,
        spending: SpendingLimits,
        estimate_usd: Decimal,
        seconds: float,
    ) -> int:
        self.clock.tick()
        stage = [known for known in self.calls if known.stage == call.stage and known.file is None]
        if len(self.calls) >= maxima.per_build or len(stage) >= maxima.per_stage:
            raise CallLimitError("a maximum is reached")
        self.calls.append(call)
        self.clock.tick()
        return len(self.calls) - 1

    async def extend(self, call_id: int, *, seconds: float) -> None:
        assert call_id not in self.outcomes
        self.extended.append((call_id, seconds))

    async def settle(
        self,
        call_id: int,
        *,
        outcome: ClosedOutcome,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cost_usd: Decimal = Decimal(0),
        latency_seconds: float = 0.0,
        error_class: str = "",
        error: str = "",
    ) -> None:
        self.clock.tick()
        assert call_id not in self.outcomes
        self.outcomes[call_id] = f"{outcome}:{error_class}" if error_class else outcome


Outcome = LLMResponse | BaseException


class ScriptedProvider:
    """Gives one outcome a call, in order, and keeps the requests."""

    def __init__(self, name: str, outcomes: Iterator[Outcome], clock: Clock | None = None) -> None:
        self.name = name
        self.outcomes = outcomes
        self.clock = clock or Clock()
        self.requests: list[LLMRequest] = []

    async def complete(self, request: LLMRequest) -> LLMResponse:
        self.clock.tick()
        self.requests.append(request)
        outcome = next(self.outcomes)
        self.clock.tick()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def health_check(self) -> Health:
        return Health(well=True)


class ScriptedPool:
    """Providers by name, each with a model `big` of 400 tokens and a model `small` of 100."""

    def __init__(self, *providers: LLMProvider) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self.catalogue = Catalogue(tuple(_row(name) for name in self._providers))

    def provider(self, name: str) -> LLMProvider:
        return self._providers[name]

    def row(self, name: str) -> ProviderRow:
        return self.catalogue[name]

    def model(self, provider: str, name: str) -> ModelRow:
        return self.catalogue[provider].model(name)


def _row(name: str) -> ProviderRow:
    return ProviderRow.model_validate(
        {
            "name": name,
            "protocol": "demo",
            "reports_cost": True,
            "models": [
                {"name": "big", "wire_id": "wire-big", "max_output_tokens": 400, "free": True},
                {"name": "small", "wire_id": "wire-small", "max_output_tokens": 100, "free": True},
            ],
        }
    )


def answer_by(respond: Callable[[], Outcome]) -> Iterator[Outcome]:
    """Outcomes made one by one, without end."""
    while True:
        yield respond()
