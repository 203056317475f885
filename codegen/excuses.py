"""Tells which failures say nothing of the code, as they only lack what a person gives it."""

from collections.abc import Sequence

from codegen.environment_signs import environment_sign, is_lack
from codegen.failure_message import error_of
from codegen.runners.accounts import Ecosystem
from codegen.runners.gate_results import gate_reason
from codegen.runners.results import StepResult
from core.artifacts.failure import Failure, FailureClass
from core.artifacts.run_plan import Runner, Step

_LAST_LINES = 5
"""Where a program says why it ends, details aside; what started it may have a last word."""


def excused(result: StepResult, failures: Sequence[Failure]) -> list[Failure]:
    """The failures that only lack variables, settings or services, which no box has.

    They are those of modules that cannot be loaded by themselves, as tests may set variables before
    they import, and whether a module works is theirs to say; and that of an application that ends
    where it asks for such a thing. A check that was stopped, or whose report cannot be read, says
    nothing of either.

    Args:
        result: what a step showed.
        failures: the same, analysed.
    """
    step = result.step
    if step.runner is Runner.LOAD_CHECK and result.reason == gate_reason(step, result.cases):
        modules = (each for each in failures if each.test_path and each.test != step.name)
        return [failure for failure in modules if _is_lack(failure)]
    if step.runner is Runner.BOOT and result.gave_up:
        return [each for each in failures if _is_lack(each) and _said_last(each, step.ecosystem)]
    return []


def excuse(step: Step, failure: Failure) -> str:
    """What an excused failure leaves unverified, in a sentence."""
    if step.runner is Runner.BOOT:
        return f"{step.name} did not show that the application starts: {failure.reasons[0]}"
    return f"{failure.test_path} was not loaded by itself: {failure.reasons[0]}"


def _is_lack(failure: Failure) -> bool:
    return failure.failure_class is FailureClass.ENVIRONMENT and is_lack(failure.reasons[0])


def _said_last(failure: Failure, ecosystem: Ecosystem) -> bool:
    """Whether what a program lacks is why it ended, and not something it only remarked on."""
    if not failure.error:
        lines = [line for line in failure.account.splitlines() if line.strip()]
        return is_lack(_sign("", "\n".join(lines[-_LAST_LINES:])))
    said, rest = (failure.error, failure.message), failure.account
    while said[0]:
        rest = rest.partition(said[1].partition("\n")[0] or said[0])[2]
        said = error_of(rest, ecosystem)
        if said[0] and not is_lack(_sign(*said)):
            return False
    later = [line for line in rest.splitlines()[1:] if line and not line[0].isspace()]
    return len(later) <= _LAST_LINES


def _sign(error: str, message: str) -> str:
    return environment_sign(error, message, message, foreign=False)
