from collections.abc import Generator, Mapping
from contextlib import contextmanager

from core.tracing import AttributeValue, Span, SpanKind, span, traced_by


class Listed:
    """A tracer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, AttributeValue], SpanKind]] = []
        self.trace_id = "t"

    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, AttributeValue], kind: SpanKind
    ) -> Generator[Span]:
        self.told.append((name, dict(attributes), kind))
        yield self

    def set(self, attributes: Mapping[str, AttributeValue]) -> None:
        self.told[-1][1].update(attributes)


def test_without_a_tracer_a_span_is_nothing() -> None:
    with span("build", {}) as nothing:
        nothing.set({"a": 1})
        assert nothing.trace_id == ""


def test_the_tracer_of_a_block_is_told() -> None:
    tracer = Listed()
    with traced_by(tracer):
        with span("build", {"a": 1}) as build:
            build.set({"b": 2})
        with traced_by(None), span("call", {}, "client"):
            pass
    with span("after", {}):
        pass
    assert tracer.told == [("build", {"a": 1, "b": 2}, "internal"), ("call", {}, "client")]
