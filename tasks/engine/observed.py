"""Tells traces and log what is at work: the build, a stage of it, a file of stage 7."""

import logging
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from prefect.runtime import flow_run

from core.artifacts.build_record import BuildRecord, Usage
from core.log_context import logged_about
from core.options import BuildOptions
from core.stages import Stage
from core.tracing import AttributeValue, Span, span, traced_by
from providers.telemetry.open_telemetry import tracer_if_configured

_NAMES = "app_builder."
_log = logging.getLogger(__name__)


class ObservedBuild:
    """A build under way, as traces and log see it.

    Args:
        about: the span of the build.
        fields: closed at the end of the build.
    """

    def __init__(self, about: Span, fields: ExitStack) -> None:
        self._span = about
        self._fields = fields

    def known_as(self, build_id: str, project_id: str) -> None:
        """Which build it is is known; every line of the log says so from now on."""
        self._fields.enter_context(logged_about(build_id=build_id, project=project_id))
        self._span.set(
            {f"{_NAMES}build.id": build_id, f"{_NAMES}project.id": project_id},
        )

    def ended(self, record: BuildRecord) -> None:
        """Its last state, and what it took over its life."""
        self._span.set(
            {
                f"{_NAMES}build.status": record.status.value,
                f"{_NAMES}build.failed_stage": record.failed_at or "",
                f"{_NAMES}build.tests": record.test_status or "",
                **_taken(record.totals),
            }
        )


@asynccontextmanager
async def observed_build(options: BuildOptions) -> AsyncGenerator[ObservedBuild]:
    """A build, from before it is known which; its traces, where configured, are sent at its end.

    Raises:
        ConfigurationError: traces are configured in a way that cannot work.
    """
    run = str(flow_run.id or "")
    about = {f"{_NAMES}publisher": options.publisher.value, "prefect.run.id": run}
    async with tracer_if_configured() as tracer:
        with traced_by(tracer), span("build", about) as whole, ExitStack() as fields:
            fields.enter_context(logged_about(trace_id=whole.trace_id))
            yield ObservedBuild(whole, fields)


@contextmanager
def observed_stage(stage: Stage) -> Generator[Span]:
    """A stage, with all its attempts."""
    about = {f"{_NAMES}stage.number": stage.number, f"{_NAMES}stage.name": stage.name}
    started = time.monotonic()
    with logged_about(stage=stage.number), span(f"stage {stage.number}", about) as whole:
        _log.info("Stage %s begins", stage.label)
        try:
            yield whole
        except Exception as error:
            _log.warning("Stage %s ends: %s", stage.label, type(error).__name__)
            raise
        except BaseException as left:  # somebody stopped it, or is asked first
            _log.info("Stage %s is left: %s", stage.label, type(left).__name__)
            raise
        _log.info("Stage %s ends well after %.1f s", stage.label, time.monotonic() - started)


@contextmanager
def observed_file(path: str) -> Generator[Span]:
    """A file of stage 7, with all its attempts; from its turn on, not while it waits for others."""
    with logged_about(file=path), span("file", {f"{_NAMES}file.path": path}) as whole:
        yield whole


def result_told(about: Span, usage: Usage, attempts: int, models: tuple[str, ...] = ()) -> None:
    """Say of a stage or a file what its answers took, and that its result was kept, if it was.

    Args:
        about: its span.
        usage: what its answers took, whenever they came; see `Usage`.
        attempts: made in this run; none where the result was kept.
        models: that answered.
    """
    about.set(
        {
            f"{_NAMES}attempts": attempts,
            f"{_NAMES}kept": not attempts,
            f"{_NAMES}models": models,
            **_taken(usage),
        }
    )


def _taken(usage: Usage) -> dict[str, AttributeValue]:
    return {
        f"{_NAMES}calls": usage.calls,
        f"{_NAMES}input_tokens": usage.input_tokens,
        f"{_NAMES}output_tokens": usage.output_tokens,
        f"{_NAMES}cost_usd": usage.cost_usd,
    }
