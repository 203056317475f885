"""What `app-builder build` does once its input is read."""

import asyncio

from rich.console import Console
from rich.text import Text

from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from core.printable import printable
from core.settings import Settings
from flows.run_locally import prefect_api, run_build
from flows.terminal import TerminalListener, print_summary
from tasks.engine.preparation import environment_secrets, prepare_build


def run_build_command(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions, console: Console
) -> None:
    """Check, build, and print how it goes.

    Raises:
        InputError: refused before Prefect was started.
        AppBuilderError: the build failed.
    """
    prepared = prepare_build(settings, questionnaire, options, environment_secrets())
    console.print(Text(f"Building {printable(questionnaire.project_name)} as {prepared.build_id}"))
    if prepared.demo:
        console.print(Text("A demo model answers, not a real one (see MODEL_ROUTER_DEMO_MODE)."))
    listener = TerminalListener(console, prepared.table)
    with prefect_api(settings):
        try:
            record = asyncio.run(
                run_build(questionnaire, options, build_id=prepared.build_id, listener=listener)
            )
        except KeyboardInterrupt:
            listener.close()
            console.print("Stopped. Nothing is lost: the same command goes on from there.")
            raise
        finally:
            listener.close()
    print_summary(console, record)
