"""What `app-builder build` does once its input is read."""

from contextlib import suppress

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
from tasks.engine.preparation import PreparedBuild, environment_secrets, prepare_build


def run_build_command(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions, console: Console
) -> None:
    """Check, build, and print how it goes.

    Raises:
        InputError: refused before Prefect was started.
        AppBuilderError: the build failed.
        SystemExit: a signal stopped it; 128 and the signal's number.
    """
    prepared = prepare_build(settings, questionnaire, options, environment_secrets())
    make_home(settings)
    console.print(Text(f"Building {printable(questionnaire.project_name)} as {prepared.build_id}"))
    if prepared.demo:
        console.print(Text("A demo model answers, not a real one (see MODEL_ROUTER_DEMO_MODE)."))
    try:
        with stopped_by_signals():
            record = _build(settings, prepared, console)
    except Stopped as stopped:
        with suppress(OSError):  # the terminal may be what went away
            console.print("Stopped. Nothing is lost: the same command goes on from there.")
        raise SystemExit(stopped.exit_code) from None
    report = f"{settings.store_url}/{build_prefix(record.build_id)}{REPORT}"
    print_summary(console, record, report.removeprefix("file://"))


def _build(settings: Settings, prepared: PreparedBuild, console: Console) -> BuildRecord:
    listener = TerminalListener(console, prepared.table)
    with prefect_api(settings) as check:
        build = run_build(
            prepared.questionnaire, prepared.options, build_id=prepared.build_id, listener=listener
        )
        try:
            return run_stoppable(build, check)
        finally:
            with suppress(OSError):
                listener.close()
