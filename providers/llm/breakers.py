"""The breakers of all models, shared by all tasks of a process and fed from the ledger."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from core.errors import ProviderFailedError
from core.settings import BreakerSettings
from providers.llm.breaker import (
    BreakerState,
    Outcomes,
    is_providers_failure,
    reopens_at,
    state_of,
)
from providers.llm.stage_router import ModelChoice
from providers.storage.calls import ModelOutcomes

REFRESH_SECONDS = 3.0
"""What the ledger knows is read at most this often."""

HISTORY_SECONDS = 600.0
"""How far back the ledger is read: older failures say nothing of today's health. Where the
cooldown is longer, two cooldowns."""

POLL_SECONDS = 0.5
"""A call that waits looks again this often: another process may have found the model well."""

PATIENCE_COOLDOWNS = 4
"""A call waits for this many cooldowns, and longer only for one that is trying a model."""

PROBE_SECONDS = 900.0
"""How long a call that tries a model is waited for at most; a long answer takes minutes."""

_log = logging.getLogger(__name__)


class OutcomeHistory(Protocol):
    """What is needed of the ledger: outcomes of every process's calls.

    Failures are the provider's alone. A call that was told to wait its turn, or that was refused,
    is neither success nor failure.
    """

    async def recent_outcomes(self, since: datetime) -> Sequence[ModelOutcomes]:
        """Of each model that was called since then.

        Raises:
            StorageError: the ledger failed.
        """
        ...


class Admission:
    """Leave to make one call; a context manager that tells the breaker what became of it.

    An error that is not the provider's (a refusal, a bad answer, a cancelled call) tells nothing.
    """

    def __init__(self, breakers: "Breakers", choice: ModelChoice, *, probe: bool) -> None:
        self._breakers = breakers
        self.choice = choice
        self.probe = probe

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._breakers.settle(self, error)


def _now() -> datetime:
    return datetime.now(UTC)


class Breakers:
    """One breaker for each model of a provider; used within one event loop.

    A model is left alone after `settings.failures` in a row, for `settings.cooldown_seconds`;
    then one call at a time tries it, until one succeeds.

    Args:
        settings: when, and for how long.
        history: what other processes saw; `None` for this process alone.
        clock: the time, UTC.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        settings: BreakerSettings,
        history: OutcomeHistory | None = None,
        clock: Callable[[], datetime] = _now,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._history = history
        self._clock = clock
        self._sleep = sleep
        self._seen: defaultdict[ModelChoice, Outcomes] = defaultdict(Outcomes)
        self._told: Mapping[ModelChoice, Outcomes] = {}
        self._refreshed: datetime | None = None
        self._reading = asyncio.Lock()
        self._probing: set[ModelChoice] = set()
        self._failed_probes: Counter[ModelChoice] = Counter()

    def state(self, choice: ModelChoice) -> BreakerState:
        """The state by what is known now, without reading the ledger."""
        return state_of(self._known(choice), self._settings, self._clock())

    def reopens_at(self, choice: ModelChoice) -> datetime | None:
        """When the model is or was to be tried again, UTC; `None` where it is closed."""
        return reopens_at(self._known(choice), self._settings)

    def last_errors(self, choices: Iterable[ModelChoice]) -> dict[ModelChoice, str]:
        """What each model said when it failed last; models that never failed are left out."""
        errors = {choice: self._known(choice).last_error for choice in choices}
        return {choice: error for choice, error in errors.items() if error}

    def succeeded(self, choice: ModelChoice) -> None:
        """Note that a call succeeded: the breaker closes."""
        before = self.state(choice)
        self._seen[choice] = self._seen[choice].succeeded(self._clock())
        if before != "closed":
            _log.info("%s answers again", choice)

    def failed(self, choice: ModelChoice, error: BaseException) -> None:
        """Note that a call failed; an error that is not the provider's counts for nothing."""
        if not is_providers_failure(error):
            return
        before = self.state(choice)
        self._seen[choice] = self._seen[choice].failed(
            self._clock(), str(error) or type(error).__name__
        )
        if self.state(choice) == "open" and before != "open":
            seconds = self._settings.cooldown_seconds
            _log.warning("%s is left alone for %g s, after: %s", choice, seconds, error)

    async def first_available(self, choices: Sequence[ModelChoice]) -> ModelChoice:
        """The first model that may be asked now; waits for one where all are left alone.

        The wait ends with an error when every model's breaker was tried by some call meanwhile,
        and failed again; and after `PATIENCE_COOLDOWNS` cooldowns, unless a call is trying one.

        Raises:
            ProviderFailedError: it ended so; the text says what each model said.
            StorageError: the ledger failed.
        """
        if not choices:
            raise ValueError("there is no model to choose from")
        failed_probes = self._failed_probes.copy()
        waited = 0.0
        patience = PATIENCE_COOLDOWNS * self._settings.cooldown_seconds
        while True:
            await self.refresh()
            for choice in choices:
                if self._may_be_asked(choice):
                    return choice
            tried = all(self._failed_probes[each] > failed_probes[each] for each in choices)
            # A call that tries a model ends by its own times, and tells how it went.
            trying = any(each in self._probing for each in choices)
            if tried or waited >= (max(patience, PROBE_SECONDS) if trying else patience):
                raise self._all_failed(choices)
            pause = min(POLL_SECONDS, *map(self._seconds_to_wait, choices))
            await self._sleep(pause)
            waited += pause

    async def admit(self, *choices: ModelChoice) -> Admission:
        """Leave to call the first model that may be asked now; see `first_available`.

        Use it at once, as `with await breakers.admit(first, second) as admission:`; while it is
        the one call that tries a model, all others wait for it.

        Raises:
            ProviderFailedError, StorageError: see `first_available`.
        """
        choice = await self.first_available(choices)
        probe = self.state(choice) == "half-open"
        if probe:
            self._probing.add(choice)
        return Admission(self, choice, probe=probe)

    def settle(self, admission: Admission, error: BaseException | None) -> None:
        """Note what became of a call that was admitted."""
        if admission.probe:
            self._probing.discard(admission.choice)
        if error is None:
            self.succeeded(admission.choice)
            return
        self.failed(admission.choice, error)
        if admission.probe and is_providers_failure(error):
            self._failed_probes[admission.choice] += 1

    async def refresh(self) -> None:
        """Read what the ledger knows, if that was not done in the last `REFRESH_SECONDS`.

        Raises:
            StorageError: the ledger failed.
        """
        if self._history is None:
            return
        async with self._reading:  # who comes meanwhile waits for the same reading
            now = self._clock()
            if self._refreshed is not None:
                age = abs((now - self._refreshed).total_seconds())
                if age < REFRESH_SECONDS:
                    return
            window = max(HISTORY_SECONDS, 2 * self._settings.cooldown_seconds)
            rows = await self._history.recent_outcomes(now - timedelta(seconds=window))
            self._told = {
                ModelChoice(row.provider, row.model): Outcomes.counted(
                    row.last_success, row.last_failure, row.failures, row.last_error, now
                )
                for row in rows
            }
            self._refreshed = now

    def _known(self, choice: ModelChoice) -> Outcomes:
        seen = self._seen.get(choice, _NOTHING)
        told = self._told.get(choice)
        return seen if told is None else seen.merged(told)

    def _may_be_asked(self, choice: ModelChoice) -> bool:
        state = self.state(choice)
        return state == "closed" or (state == "half-open" and choice not in self._probing)

    def _seconds_to_wait(self, choice: ModelChoice) -> float:
        end = self.reopens_at(choice)
        seconds = POLL_SECONDS if end is None else (end - self._clock()).total_seconds()
        # Past its end it is being tried; how long that takes, nobody knows.
        return seconds if seconds > 0 else POLL_SECONDS

    def _all_failed(self, choices: Sequence[ModelChoice]) -> ProviderFailedError:
        errors = self.last_errors(choices)
        told = "; ".join(
            f"{each}: {errors.get(each, 'no answer yet')}"
            + (" (a call is trying it)" if each in self._probing else "")
            for each in choices
        )
        last = choices[-1]
        return ProviderFailedError(
            f"no model that may be asked here answers; what each said last: {told}",
            provider=last.provider,
            model=last.model,
        )


_NOTHING = Outcomes()
