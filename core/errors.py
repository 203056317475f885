"""Every error this project raises on purpose.

AppBuilderError
├── InputError                 the caller's mistake: refused before anything is spent or written
│   ├── ConfigurationError     a setting, the stage table or the catalogue is wrong
│   └── PublishingRefusedError where the repository is published, this is not allowed
├── ModelError                 a model provider did not give a usable answer
│   ├── RequestRefusedError    the request itself is refused (400, 401, 403, 404): never retried
│   ├── ProviderBusyError      it is not our turn (429, 503, 529): waited out
│   │   └── UnreachableError   nobody listens (connection refused): waited out as well
│   ├── ProviderFailedError    the provider broke (5xx, timeout, disconnect, malformed body)
│   └── AnswerError            the provider answered, but the content cannot be used
│       └── AnswersRefusedError  every model that may be asked answered, and none usably
├── CallLimitError             a hard maximum of model calls is reached
├── SpendingLimitError         a call could cost more than a limit of money still allows
├── StorageError               the artifact store or the ledger failed
│   └── ArtifactNotFoundError  the artifact store holds nothing under a key
├── VersionControlError        git failed
│   └── RemoteFailedError      the host of repositories, or the way to it, failed: tried again
├── SandboxError               the sandbox itself failed (not the code that ran inside it)
├── SideProcessError           work that a process did beside this one was too much for it
├── UnreadableResultsError     what a test runner wrote cannot be read as test results
├── BuildBusyError             another process is already running this build
└── StageFailedError           a stage gave up; the build is halted and can be resumed
"""

from dataclasses import dataclass
from typing import Any


class AppBuilderError(Exception):
    """Root of every error raised on purpose; its text is fit to be shown to a person.

    Attributes of subclasses survive pickling, because Prefect moves errors between processes.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(
    error_type: type[AppBuilderError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> AppBuilderError:
    error = error_type.__new__(error_type, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class InputError(AppBuilderError):
    """The caller's mistake, found before anything was spent or written."""


class ConfigurationError(InputError):
    """A setting, a row of the stage table or of the catalogue is wrong."""


class PublishingRefusedError(InputError):
    """The place to publish at refuses this, and would again: a token, a name, a rule of its own."""


@dataclass(frozen=True)
class BilledUsage:
    """What a provider bills, or likely bills, for a call without a usable answer.

    Attributes:
        input_tokens: tokens of the whole prompt.
        cached_input_tokens: how many of them the provider read from its cache.
        output_tokens: tokens of what it had written, those of thinking included where it counts.
        cost_usd: price in US dollars, as the provider states it; 0 when it names none.
    """

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class ModelError(AppBuilderError):
    """A model provider did not give a usable answer.

    Attributes:
        provider: the provider's name in the catalogue.
        model: the model's name in the catalogue.
        usage: what the provider bills for the call all the same; `None` when nobody has said,
            which is taken for nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        model: str = "",
        usage: BilledUsage | None = None,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.model = model
        self.usage = usage


class RequestRefusedError(ModelError):
    """The provider refuses this request, and would refuse it again (400, 401, 403, 404 …)."""


class ProviderBusyError(ModelError):
    """Not our turn yet: 429, 503 or 529.

    Attributes:
        retry_after: seconds the provider asked us to wait, when it said so.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        model: str = "",
        usage: BilledUsage | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, provider=provider, model=model, usage=usage)
        self.retry_after = retry_after


class UnreachableError(ProviderBusyError):
    """Nobody listens where the provider should: the connection was refused."""


class ProviderFailedError(ModelError):
    """The provider broke: another 5xx, a timeout, a disconnect, a malformed body."""


class AnswerError(ModelError):
    """The provider answered, but the content cannot be used (invalid, empty or cut off)."""


class AnswersRefusedError(AnswerError):
    """Every model that may be asked answered, and no answer can be used for what it says."""


class CallLimitError(AppBuilderError):
    """A hard maximum of model calls is reached; the build halts and can be resumed."""


class SpendingLimitError(AppBuilderError):
    """A call could cost more than a limit allows; the build halts and can be resumed."""


class StorageError(AppBuilderError):
    """The artifact store or the ledger failed."""


class ArtifactNotFoundError(StorageError):
    """The artifact store holds nothing under a key."""


class VersionControlError(AppBuilderError):
    """Git failed."""


class RemoteFailedError(VersionControlError):
    """The host of repositories, or the way to it, failed; what was under way may have arrived."""


class SandboxError(AppBuilderError):
    """The sandbox itself failed; a failing test inside it is a result, not an error."""


class SideProcessError(AppBuilderError):
    """Work that was done in a process beside this one took too long, or ended that process."""


class UnreadableResultsError(AppBuilderError):
    """What a test runner wrote cannot be read as test results."""


class BuildBusyError(AppBuilderError):
    """Another process is already running this build."""


class StageFailedError(AppBuilderError):
    """A stage gave up, and the build is halted.

    Attributes:
        stage: the stage's number as people write it, for example ``1.5``.
        attempts: attempts really made.
        reason: the last attempt's error, as text.
        cause: name of that error's class, for example ``CallLimitError``.
    """

    def __init__(self, stage: str, attempts: int, reason: str, cause: str = "") -> None:
        plural = "attempt" if attempts == 1 else "attempts"
        super().__init__(f"Stage {stage} failed after {attempts} {plural}: {reason}")
        self.stage = stage
        self.attempts = attempts
        self.reason = reason
        self.cause = cause
