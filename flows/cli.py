"""The command `app-builder`."""

import asyncio
import logging
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from core.artifacts.build_record import BuildRecord
from core.errors import (
    AppBuilderError,
    ArtifactNotFoundError,
    CallLimitError,
    ConfigurationError,
    InputError,
    SpendingLimitError,
    StageFailedError,
)
from core.layout import BUILD_RECORD, build_prefix
from core.options import AUTO_BASELINE, Publisher
from core.printable import printable
from core.settings import load_settings
from flows.json_lines import write_json_lines_if_set, writes_json_lines

app = typer.Typer(
    name="app-builder",
    help="Turn a questionnaire into a tested Git repository.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_log = logging.getLogger("flows.cli")

BUILD_FAILED = 1
CANNOT_RUN = 1
BAD_INPUT = 2


_Questionnaire = Annotated[Path, typer.Argument(help="Questionnaire, a JSON file.")]
_ProjectId = Annotated[str, typer.Option(help="Product this is; default: its name.")]
_User = Annotated[str, typer.Option(help="Who it is for; default: you.")]
_Model = Annotated[
    list[str] | None,
    typer.Option(
        help="Another model for a stage: STAGE=PROVIDER/MODEL, or STAGE=auto to have one chosen. "
        "May be repeated; the stage `all` is every one not named."
    ),
]
_Fresh = Annotated[
    str, typer.Option(help="Any text: a new build of the same answers. Again: resume that.")
]
_FromStage = Annotated[str, typer.Option(help="Ask this stage and later ones again.")]
_Use = Annotated[
    list[str] | None,
    typer.Option(help="Replace an artifact by hand: specs/schema.json=FILE. May be repeated."),
]
_NoResponseCache = Annotated[
    bool,
    typer.Option(
        "--no-response-cache",
        help="Take no answers that another build got to the same question, and give none.",
    ),
]

_Interactive = Annotated[
    bool,
    typer.Option(
        "--interactive",
        help="Ask what is unclear, what to do at a limit of money, and how to go on where tests "
        "cannot be made to pass: at the terminal, or in the UI.",
    ),
]
_ApproveStructure = Annotated[
    bool,
    typer.Option(
        "--approve-structure",
        help="Write no code before files, tests and expected cost are approved.",
    ),
]
_Publish = Annotated[Publisher, typer.Option(help="Where the repository is published.")]
_RepositoryName = Annotated[str, typer.Option(help="Of the repository on GitHub.")]
_Baseline = Annotated[
    str,
    typer.Option(help="Build to begin from: auto (the last published one), none, or a build's id."),
]


@app.command()
def build(
    questionnaire: _Questionnaire,
    project_id: _ProjectId = "",
    user: _User = "",
    model: _Model = None,
    fresh: _Fresh = "",
    from_stage: _FromStage = "",
    use: _Use = None,
    no_response_cache: _NoResponseCache = False,
    interactive: _Interactive = False,
    approve_structure: _ApproveStructure = False,
    publish: _Publish = Publisher.LOCAL,
    repository_name: _RepositoryName = "",
    baseline: _Baseline = AUTO_BASELINE,
) -> None:
    """Build an application. Started again with the same input, it goes on where it stopped."""
    from flows.questionnaire_file import command_options, read_questionnaire

    answers = read_questionnaire(questionnaire)
    options = command_options(
        model or [],
        use or [],
        project_id=project_id,
        user=user,
        fresh=fresh,
        from_stage=from_stage,
        response_cache=not no_response_cache,
        interactive=interactive,
        approve_structure=approve_structure,
        publisher=publish,
        repository_name=repository_name,
        baseline=baseline,
    )
    from flows.build_command import run_build_command

    run_build_command(load_settings(), answers, options, Console())


@app.command()
def plan(
    questionnaire: _Questionnaire,
    project_id: _ProjectId = "",
    user: _User = "",
    model: _Model = None,
    fresh: _Fresh = "",
    from_stage: _FromStage = "",
    use: _Use = None,
    baseline: _Baseline = AUTO_BASELINE,
) -> None:
    """Show what a build would do, cost and take. Nothing is spent, and nothing is written."""
    from flows.plan_command import run_plan_command
    from flows.questionnaire_file import command_options, read_questionnaire

    answers = read_questionnaire(questionnaire)
    options = command_options(
        model or [],
        use or [],
        project_id=project_id,
        user=user,
        fresh=fresh,
        from_stage=from_stage,
        baseline=baseline,
    )
    if not run_plan_command(load_settings(), answers, options, Console()):
        raise SystemExit(CANNOT_RUN)


@app.command()
def stages() -> None:
    """List the stages of the pipeline and the models they ask."""
    from flows.terminal import print_stages
    from tasks.engine.preparation import load_table
    from tasks.engine.secret_sources import environment_secrets

    print_stages(Console(), load_table(environment_secrets(), load_settings().catalogue))


@app.command()
def show(
    build_id: Annotated[str, typer.Argument(help="As `app-builder build` prints it.")],
) -> None:
    """Show where a build stands."""
    from flows.terminal import print_record
    from providers.storage.artifact_store import ArtifactStore
    from tasks.engine.preparation import load_table
    from tasks.engine.secret_sources import environment_secrets

    settings = load_settings()
    store = ArtifactStore(settings.store_url)
    key = build_prefix(build_id) + BUILD_RECORD
    try:
        record = asyncio.run(store.read_artifact(key, BuildRecord))
    except ArtifactNotFoundError:
        raise InputError(f"there is no build {build_id!r} in {store.url}") from None
    table = load_table(environment_secrets(), settings.catalogue)
    print_record(Console(), table, record)


@app.command()
def artifacts(
    build_id: Annotated[
        str, typer.Argument(metavar="[BUILD]", help="A build, or a project for its latest one.")
    ] = "",
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="An artifact, or a folder.")] = "",
    to: Annotated[
        Path | None, typer.Option(help="Fetch into this folder instead of printing.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace files that have other content.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List all builds; or the artifacts of one, print one of them, or fetch them."""
    from flows.artifacts_command import fetch_artifacts, list_builds, show_artifacts

    settings = load_settings()
    if not build_id:
        list_builds(settings, Console(), as_json=as_json)
    elif to is None:
        show_artifacts(settings, build_id, path, Console(), as_json=as_json)
    else:
        fetch_artifacts(settings, build_id, path, to, Console(), replace=replace)


@app.command()
def prune(
    days: Annotated[int, typer.Option(min=0, help="Keep builds so long after they ended.")] = 90,
    keep: Annotated[
        int, typer.Option(min=1, help="Keep so many published builds of each project.")
    ] = 5,
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove it. Without, only say what would go.")
    ] = False,
    repositories: Annotated[
        bool, typer.Option("--repositories", help="Remove their local repositories as well.")
    ] = False,
) -> None:
    """Remove old builds, and kept results and answers that serve nobody. First only says which."""
    from flows.prune_command import run_prune_command

    run_prune_command(
        load_settings(),
        Console(),
        days=days,
        keep=keep,
        dry_run=not delete,
        repositories=repositories,
    )


@app.command()
def delete_project(
    project: Annotated[str, typer.Argument(help="Id of the project.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all of one project. First says what, and asks."""
    from flows.delete_command import run_delete_command

    run_delete_command(load_settings(), project, Console(), confirmed=yes)


@app.command()
def metrics(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where they are served.")] = 9464,
    host: Annotated[
        str, typer.Option(help="Address that is listened on; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    every: Annotated[float, typer.Option(min=1, help="Seconds between two readings.")] = 15,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back builds are told.")] = 7,
    builds: Annotated[
        int, typer.Option(min=0, max=1_000, help="So many builds have series of their own.")
    ] = 100,
) -> None:
    """Serve metrics of models, builds and queues for Prometheus, until it is stopped."""
    from flows.metrics_command import run_metrics_command

    run_metrics_command(
        load_settings(),
        Console(),
        host=host,
        port=port,
        seconds=every,
        days=days,
        most_builds=builds,
    )


store_app = typer.Typer(help="Look after the artifact store.", no_args_is_help=True)
app.add_typer(store_app, name="store")

_STORE = "URL such as s3://bucket/prefix, or a folder."


@store_app.command("copy")
def copy_store(
    source: Annotated[str, typer.Argument(metavar="FROM", help=_STORE)],
    target: Annotated[str, typer.Argument(metavar="TO", help=_STORE)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what TO has with other content.")
    ] = False,
) -> None:
    """Copy everything a store keeps into another. Started again, it goes on where it stopped."""
    from flows.store_command import run_store_copy

    run_store_copy(source, target, Console(), replace=replace)


def main() -> None:
    """Run the command.

    The exit code is 0 (done), 1 (failed), 2 (bad input), or 128 and the number of the signal that
    stopped it: 129, 130 or 143.
    """
    write_json_lines_if_set()
    try:
        app()
    except InputError as error:
        _print_error(f"Error: {error}")
        raise SystemExit(BAD_INPUT) from None
    except StageFailedError as error:
        _print_error(f"Error: {error}", _how_to_go_on(error))
        raise SystemExit(BUILD_FAILED) from None
    except AppBuilderError as error:
        _print_error(f"Error: {error}")
        raise SystemExit(BUILD_FAILED) from None
    except (Exception, asyncio.CancelledError) as error:
        _print_error(f"Unexpected error: {type(error).__name__}: {error}", _kept_traceback())
        raise SystemExit(BUILD_FAILED) from None


def _how_to_go_on(error: StageFailedError) -> str:
    if error.cause in {InputError.__name__, ConfigurationError.__name__}:
        return "Correct what it names; as it is, the same command ends the same way."
    if error.cause in {CallLimitError.__name__, SpendingLimitError.__name__}:
        return "Raise the limit it names; then the same command goes on from there."
    return "Nothing is lost: the same command goes on from there."


def _print_error(message: str, hint: str = "") -> None:
    if writes_json_lines():
        _log.error("%s", " ".join(filter(None, (message, hint))))
        return
    errors = Console(stderr=True)
    errors.print(Text(printable(message)), style="red", soft_wrap=True)
    if hint:
        errors.print(Text(hint), soft_wrap=True)


def _kept_traceback() -> str:
    told = traceback.format_exc()
    try:
        path = load_settings().root / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(told)
    except (AppBuilderError, OSError):  # then the terminal is the only place left for it
        return f"This is a mistake in the program. What led to it:\n{told}"
    return f"This is a mistake in the program. What led to it is in {path}."


if __name__ == "__main__":
    main()
