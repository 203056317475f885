"""Spans over the wire to a collector, and what happens where there is none."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from core.tracing import span, traced_by
from providers.telemetry.open_telemetry import is_configured, tracer_if_configured
from tests.otlp_receiver import Receiver, otlp_receiver

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with otlp_receiver() as receiver:
        monkeypatch.setenv(ENDPOINT, receiver.url)
        yield receiver


async def test_spans_come_nested_and_whole(receiver: Receiver) -> None:
    async with tracer_if_configured() as tracer:
        with traced_by(tracer), span("outer", {"a": 1, "b": ("x", "y")}) as outer:
            outer.set({"c": 0.5})
            with span("inner", {}, "client"):
                trace_id = outer.trace_id
    inner, whole = receiver.spans
    assert (inner.name, inner.kind, inner.parent) == ("inner", "SPAN_KIND_CLIENT", whole.id)
    assert (whole.name, whole.kind, whole.parent) == ("outer", "SPAN_KIND_INTERNAL", "")
    assert whole.attributes == {"a": 1, "b": ["x", "y"], "c": 0.5}
    assert inner.trace == whole.trace == trace_id


async def test_a_failure_is_told_by_its_class_alone(receiver: Receiver) -> None:
    async def fail() -> None:
        async with tracer_if_configured() as tracer:
            with traced_by(tracer), span("outer", {}):
                raise KeyError("what a model wrote")

    with pytest.raises(KeyError):
        await fail()
    (whole,) = receiver.spans
    assert whole.failed
    assert whole.attributes == {"error.type": "KeyError"}
    assert (whole.events, whole.message) == (0, "")
    assert b"model wrote" not in receiver.bodies[0]


async def test_what_is_stopped_is_told_and_no_failure(receiver: Receiver) -> None:
    async def stop() -> None:
        async with tracer_if_configured() as tracer:
            with traced_by(tracer), span("outer", {}):
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await stop()
    (whole,) = receiver.spans
    assert not whole.failed
    assert whole.attributes == {"app_builder.left_by": "CancelledError"}


async def test_tasks_beside_one_another_are_below_the_span_they_began_in(
    receiver: Receiver,
) -> None:
    async def file(name: str) -> None:
        with span("file", {"name": name}):
            await asyncio.sleep(0)
            with span("call", {"name": name}):
                await asyncio.sleep(0)

    async with tracer_if_configured() as tracer:
        with traced_by(tracer), span("stage", {}):
            await asyncio.gather(file("a"), file("b"))
    (stage,) = receiver.named("stage")
    files = {one.id: one for one in receiver.named("file")}
    assert {one.parent for one in files.values()} == {stage.id}
    for call in receiver.named("call"):
        assert files[call.parent].attributes == call.attributes


async def test_the_service_is_named_unless_the_environment_does(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "builders"):
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
        async with tracer_if_configured() as tracer:
            with traced_by(tracer), span("x", {}):
                pass
    assert [service["service.name"] for service in receiver.services] == ["app-builder", "builders"]
    assert all(service["service.version"] for service in receiver.services)


async def test_headers_and_compression_are_up_to_the_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=told-to-nobody-else")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    async with tracer_if_configured() as tracer:
        with traced_by(tracer), span("x", {}):
            pass
    assert [one.name for one in receiver.spans] == ["x"]
    (headers,) = receiver.headers
    assert {name.lower(): value for name, value in headers.items()}["api-key"] == (
        "told-to-nobody-else"
    )


async def test_a_collector_that_is_away_costs_seconds_and_no_build(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as silent:  # takes connections, and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("providers.telemetry.open_telemetry._SECONDS_TO_SEND", 0.3)
        began = time.monotonic()
        async with tracer_if_configured() as tracer:
            with traced_by(tracer), span("x", {}):
                pass
        assert time.monotonic() - began < 3
    assert "the collector did not take the last spans within 0.3 s" in caplog.text


@pytest.mark.parametrize(
    ("variables", "configured"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({ENDPOINT: "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
        (
            {
                ENDPOINT: "http://c:4318",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            True,
        ),
    ],
)
def test_the_environment_decides(variables: dict[str, str], configured: bool) -> None:
    assert is_configured(variables) is configured


def test_another_protocol_is_not_spoken_and_the_log_says_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    variables = {ENDPOINT: "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    assert not is_configured(variables)
    assert "nothing is traced: OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'" in caplog.text
    assert "4318" in caplog.text


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),  # fewer than one message may hold
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ],
)
async def test_what_opentelemetry_refuses_costs_the_spans_and_no_build(
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variable: str,
    value: str,
) -> None:
    monkeypatch.setenv(variable, value)
    async with tracer_if_configured() as tracer:
        with traced_by(tracer), span("x", {}):
            pass
    assert tracer is None
    assert "nothing is traced: " in caplog.text
    assert receiver.spans == []


async def test_without_the_extra_a_build_goes_on_and_the_log_says_why(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("providers.telemetry.open_telemetry._PARTS", ("opentelemetry.absent",))
    async with tracer_if_configured() as tracer:
        assert tracer is None
    assert f"{ENDPOINT} is set, but nothing is traced: install the extra `otel`" in caplog.text
    assert receiver.spans == []


def test_nothing_is_imported_where_traces_are_off() -> None:
    code = (
        "import asyncio, sys; from providers.telemetry.open_telemetry import tracer_if_configured\n"
        "async def main():\n"
        "    async with tracer_if_configured() as tracer: assert tracer is None\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
