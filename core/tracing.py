"""What a build does and when, told to a tracer where one is configured.

Whoever does a piece of work opens a span around it; without a tracer that costs next to nothing. A
span carries identifiers, numbers and classes of errors, and never text that people or models wrote.
"""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Literal, Protocol

AttributeValue = str | int | float | bool | tuple[str, ...]
SpanKind = Literal["internal", "client"]


class Span(Protocol):
    """One piece of work under way."""

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits that all spans of a build share; empty where nothing is traced."""
        ...

    def set(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Say more about it."""
        ...


class Tracer(Protocol):
    """Takes spans."""

    def span(
        self, name: str, attributes: Mapping[str, AttributeValue], kind: SpanKind
    ) -> AbstractContextManager[Span]:
        """A span around a block, below the one that the block is in.

        An error that is raised in the block ends the span as failed, with the error's class; what
        stops the block otherwise, such as a cancellation, is told and is no failure.
        """
        ...


class _NoSpan:
    trace_id = ""

    def set(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Nobody is told."""


class _NoTracer:
    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, AttributeValue], kind: SpanKind
    ) -> Generator[Span]:
        """Nobody is told."""
        yield _NO_SPAN


_NO_SPAN = _NoSpan()
_NO_TRACER = _NoTracer()
_tracer: ContextVar[Tracer] = ContextVar("tracer", default=_NO_TRACER)


def span(
    name: str, attributes: Mapping[str, AttributeValue], kind: SpanKind = "internal"
) -> AbstractContextManager[Span]:
    """A span of the current tracer.

    Args:
        name: of the kind of work, one of few.
        attributes: which piece of it.
        kind: `client` for a request to another service.
    """
    return _tracer.get().span(name, attributes, kind)


@contextmanager
def traced_by(tracer: Tracer | None) -> Generator[None]:
    """Make a tracer the current one for what is awaited inside; `None` leaves it as it is."""
    if tracer is None:
        yield
        return
    token = _tracer.set(tracer)
    try:
        yield
    finally:
        _tracer.reset(token)
