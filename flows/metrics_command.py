"""What `app-builder metrics` does."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from prometheus_client import disable_created_metrics, start_http_server
from rich.console import Console
from rich.text import Text

from core.errors import ConfigurationError
from core.settings import Settings
from core.stages import StageTable
from flows.stopping import Stopped, run_stoppable, stopped_by_signals
from tasks.engine.preparation import load_table
from tasks.engine.secret_sources import environment_secrets
from tasks.metrics.build_metrics import BuildMetrics
from tasks.metrics.call_metrics import CallMetrics
from tasks.metrics.exporter import Exporter, Source
from tasks.metrics.ledger_source import LedgerSource
from tasks.metrics.prefect_source import PrefectSource
from tasks.metrics.recent_builds import RecentBuilds


def run_metrics_command(
    settings: Settings,
    console: Console,
    *,
    host: str,
    port: int,
    seconds: float,
    days: int,
    most_builds: int,
) -> None:
    """Serve metrics until a signal comes.

    Args:
        settings: where the ledger is, and its limits.
        console: printed to.
        host, port: where they are served.
        seconds: between two readings.
        days: how far back builds are told.
        most_builds: so many builds have series of their own.

    Raises:
        ConfigurationError: they cannot be served there.
        SystemExit: a signal came; the code is as shells expect it.
    """
    from prefect.settings import PREFECT_API_URL

    table = load_table(environment_secrets(), settings.catalogue)
    builds = BuildMetrics(table)
    calls = CallMetrics(_models(table), table)
    recent = RecentBuilds(days=days, most=most_builds)
    with closing(LedgerSource(settings, calls, recent)) as ledger:
        sources: list[Source] = [ledger]
        if PREFECT_API_URL.value():
            sources.append(PrefectSource(builds, days=days))
        else:
            console.print(Text("PREFECT_API_URL is not set: there are metrics of the ledger only."))
        exporter = Exporter(sources)
        try:
            with stopped_by_signals():
                run_stoppable(_serve(exporter, console, host, port, seconds), _nothing)
        except Stopped as stopped:
            raise SystemExit(stopped.exit_code) from None


async def _serve(
    exporter: Exporter, console: Console, host: str, port: int, seconds: float
) -> None:
    """Nothing is served before each source was read, or was found to hang."""
    await exporter.refresh()
    with _served(exporter, host, port):
        console.print(Text(f"Metrics are at http://{host}:{port}/metrics"))
        await exporter.keep_fresh(seconds)


@contextmanager
def _served(exporter: Exporter, host: str, port: int) -> Generator[None]:
    disable_created_metrics()  # each counter and histogram would have one more series
    try:
        server, thread = start_http_server(port, host, exporter.registry)
    except OSError as error:
        raise ConfigurationError(
            f"metrics cannot be served at {host}:{port}: {error}; give another --port or --host"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _models(table: StageTable) -> list[tuple[str, str]]:
    """Provider and model of each that the stage table names."""
    uses = [use for stage in table.stages for use in stage.models]
    first = [(use.provider, use.model) for use in uses]
    fallbacks = [
        (use.fallback_provider, use.fallback_model)
        for use in uses
        if use.fallback_provider is not None and use.fallback_model is not None
    ]
    return sorted({*first, *fallbacks})


def _nothing() -> None:
    """There is nothing else that this needs to go on."""
