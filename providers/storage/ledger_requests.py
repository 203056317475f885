"""What is asked of the usage ledger's writer, and what it answers."""

from dataclasses import dataclass

from core.errors import AppBuilderError
from core.settings import SpendingLimits
from providers.storage.calls import CallIdentity, CallMaxima, CallOutcome


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call that is about to be made.

    Attributes:
        call: which call it is.
        maxima: of calls.
        spending: limits of money.
        estimate: the most it can cost, in nano-dollars.
        seconds: how long its reservation counts, should it never be closed.
    """

    call: CallIdentity
    maxima: CallMaxima
    spending: SpendingLimits
    estimate: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a call.

    Attributes:
        call_id: the call's number.
        outcome: what became of it.
        input_tokens: tokens of the prompt.
        output_tokens: tokens of the answer.
        cost: in nano-dollars.
        latency: in microseconds.
        error_class: name of the error's class; empty when there was none.
        error: the error's text.
    """

    call_id: int
    outcome: CallOutcome
    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0
    latency: int = 0
    error_class: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """An open call whose reservation shall count for longer.

    Attributes:
        call_id: the call's number.
        seconds: how long from now on, should it never be closed.
    """

    call_id: int
    seconds: float


class Waits:
    """It is not this reservation's turn: open reservations of others hold what it needs."""


Request = Reservation | Settlement | Extension
Result = int | AppBuilderError | Waits
"""The call's number, why it was refused, or that it waits."""
