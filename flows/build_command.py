"""What `app-builder build` does once its input is read."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

from rich.console import Console
from rich.text import Text

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.layout import REPORT, build_prefix
from core.options import BuildOptions
from core.printable import printable
from core.settings import Settings, make_home
from flows.run_locally import prefect_api, run_build
from flows.stopping import Stopped, run_stoppable, stopped_by_signals
from flows.terminal import TerminalListener, print_summary
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.baseline import resolved_baseline
from tasks.engine.preparation import PreparedBuild, prepare_build
from tasks.engine.secret_sources import environment_secrets


def run_build_command(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions, console: Console
) -> None:
    """Check, build, and print how it goes.

    Raises:
        InputError: refused before anything was spent.
        AppBuilderError: the build failed.
        SystemExit: a signal stopped it; 128 and the signal's number.
    """
    try:
        with stopped_by_signals():
            record = _checked_and_built(settings, questionnaire, options, console)
    except Stopped as stopped:
        with suppress(OSError):  # the terminal may be what went away
            console.print("Stopped. Nothing is lost: the same command goes on from there.")
        raise SystemExit(stopped.exit_code) from None
    report = ArtifactStore(settings.store_url).url_of(build_prefix(record.build_id) + REPORT)
    print_summary(console, record, report.removeprefix("file://"))


def _checked_and_built(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions, console: Console
) -> BuildRecord:
    """Check before Prefect is started, unless keys may be on its server."""
    if "prefect" in settings.secret_sources:
        make_home(settings)
        with prefect_api(settings) as check:
            return _build(_checked(settings, questionnaire, options, console), console, check)
    prepared = _checked(settings, questionnaire, options, console)
    make_home(settings)
    with prefect_api(settings) as check:
        return _build(prepared, console, check)


def _checked(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions, console: Console
) -> PreparedBuild:
    store = ArtifactStore(settings.store_url)
    options = asyncio.run(resolved_baseline(store, questionnaire, options))
    prepared = prepare_build(settings, questionnaire, options, environment_secrets())
    console.print(Text(f"Building {printable(questionnaire.project_name)} as {prepared.build_id}"))
    if prepared.demo:
        console.print(Text("A demo model answers, not a real one (see MODEL_ROUTER_DEMO_MODE)."))
    return prepared


def _build(prepared: PreparedBuild, console: Console, check: Callable[[], None]) -> BuildRecord:
    listener = TerminalListener(console, prepared.table)
    build = run_build(
        prepared.questionnaire, prepared.options, build_id=prepared.build_id, listener=listener
    )
    try:
        with _asking_here(console, listener):
            return run_stoppable(build, check)
    finally:
        with suppress(OSError):
            listener.close()


def _asking_here(console: Console, listener: TerminalListener) -> AbstractContextManager[None]:
    """Where somebody sits at a terminal, what the build asks is asked there, else in the UI."""
    if not (console.is_terminal and sys.stdin.isatty()):
        return nullcontext()
    from flows.asking_person import answered_at
    from flows.asking_terminal import TerminalQuestions

    return answered_at(TerminalQuestions(console, listener, sys.stdin.fileno()))
