"""Sends spans to an OpenTelemetry collector, where one is configured.

How is up to OpenTelemetry's own variables
(https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/): the endpoint,
what signs in there (`OTEL_EXPORTER_OTLP_HEADERS`), which traces are sent (`OTEL_TRACES_SAMPLER`),
the service's name (`OTEL_SERVICE_NAME`). The packages of the extra `otel` are imported only then.
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from core.release import release
from core.tracing import AttributeValue, Span, SpanKind, Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer as OtelTracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Variables that turn traces on, either of them."""

_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PARTS = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_PROTOCOL = "http/protobuf"
_SERVICE = "app-builder"
_UNNAMED = "unknown_service"
_SECONDS_TO_SEND = 5.0
"""Longest wait, at the end of a build, for a collector to take the last spans."""

_log = logging.getLogger(__name__)


def is_configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for traces, and can be given them.

    Where it asks for another protocol than the one that is spoken here, the log says so.
    """
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    elsewhere = environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp"
    if off or elsewhere or not any(environment.get(name) for name in ENDPOINTS):
        return False
    asked = next((name for name in _PROTOCOLS if environment.get(name)), None)
    if asked is None or environment[asked] == _PROTOCOL:
        return True
    _log.warning(
        "nothing is traced: %s is %r, and traces are sent by %s only; set it so, and the endpoint "
        "to the collector's port for that, which in general is 4318",
        asked,
        environment[asked],
        _PROTOCOL,
    )
    return False


@asynccontextmanager
async def tracer_if_configured() -> AsyncGenerator[Tracer | None]:
    """A tracer for one build, if the environment asks for one; its spans are sent on the way out.

    A collector that does not answer costs the build a few seconds at its end, and the spans. What
    the environment asks for and cannot be had costs the spans only, and the log says why: a build
    is worth more than what can be seen of it.
    """
    if not is_configured():
        yield None
        return
    if not all(map(_is_installed, _PARTS)):
        _log.warning(
            "%s is set, but nothing is traced: install the extra `otel` of ai-app-builder",
            next(name for name in ENDPOINTS if os.environ.get(name)),
        )
        yield None
        return
    provider = await asyncio.to_thread(_provider_unless_refused)
    if provider is None:
        yield None
        return
    try:
        yield OpenTelemetryTracer(provider.get_tracer(_SERVICE, release()))
    finally:
        await _closed(provider)


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of what it is a part of
        return False


def _provider_unless_refused() -> "TracerProvider | None":
    """`None` where OpenTelemetry, or what it loads, does not take the environment as it is.

    Its classes read dozens of variables and raise what their parts raise: `ValueError` for a number
    that is none, `OSError` for a certificate that cannot be read, whatever a plug-in likes.
    """
    try:
        return _provider()
    except Exception as error:
        _log.warning(
            "nothing is traced: OpenTelemetry refuses what its variables (OTEL_…) say: %s: %s",
            type(error).__name__,
            error,
        )
        return None


def _provider() -> "TracerProvider":
    """What makes spans and sends them from a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({SERVICE_VERSION: release()})
    if str(resource.attributes[SERVICE_NAME]).startswith(_UNNAMED):
        resource = resource.merge(Resource({SERVICE_NAME: _SERVICE}))
    # Not the process's own provider: Prefect, and whatever else asks for that, would join in.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


async def _closed(provider: "TracerProvider") -> None:
    """Send what is left; a collector that takes its time is left to a thread that may be killed."""
    closing = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
    closing.start()
    await asyncio.shield(asyncio.to_thread(closing.join, _SECONDS_TO_SEND))
    if closing.is_alive():
        _log.warning("the collector did not take the last spans within %g s", _SECONDS_TO_SEND)


class OpenTelemetryTracer:
    """Makes spans of OpenTelemetry's.

    Args:
        tracer: of OpenTelemetry's.
    """

    def __init__(self, tracer: "OtelTracer") -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, AttributeValue], kind: SpanKind
    ) -> Generator[Span]:
        """A span around a block, below the one that the block is in."""
        from opentelemetry import trace

        with self._tracer.start_as_current_span(
            name,
            kind=trace.SpanKind.CLIENT if kind == "client" else trace.SpanKind.INTERNAL,
            attributes=attributes,
            # Their texts may quote what a model wrote.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _OpenTelemetrySpan(span)
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(trace.StatusCode.ERROR)
                raise
            except BaseException as left:  # somebody stopped it, or is asked first: no failure
                span.set_attribute("app_builder.left_by", type(left).__name__)
                raise


class _OpenTelemetrySpan:
    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    @property
    def trace_id(self) -> str:
        return f"{self._span.get_span_context().trace_id:032x}"

    def set(self, attributes: Mapping[str, AttributeValue]) -> None:
        self._span.set_attributes(attributes)
