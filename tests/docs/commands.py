"""Every command that README and pages tell, and the test that runs it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.docs.pages import ROOT, blocks, read

PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")))

_PROGRAM = re.compile(r"(\.venv/bin/|app-builder |docker |make |pg_|prefect |python )")
_INDENTED = re.compile(r"^\n    ((?:make|\.venv/bin/).*)$", re.MULTILINE)
_SCRIPT = re.compile(r"^(for|if|until|\w+\(\)) ", re.MULTILINE)
_SETS = re.compile(r"(export|cd|mkdir|PATH=)\b")


@dataclass(frozen=True)
class Told:
    """A command of a page; of a script, all of it."""

    page: str
    text: str


def commands_told() -> Iterator[Told]:
    """Every command that stands in a block of a page."""
    for page in PAGES:
        for language, text in blocks(read(page)):
            if language == "sh" or (not language and _PROGRAM.search(text)):
                yield from (Told(page, command) for command in _commands(text))
        yield from (Told(page, found) for found in _INDENTED.findall(read(page)))


def _commands(block: str) -> list[str]:
    if _SCRIPT.search(block):
        return [block]
    whole = re.sub(r" *\\\n +", " ", block)
    lines = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in whole.splitlines())
    return [line for line in lines if line and not _SETS.match(line)]


BUILDS = "tests/real_commands/test_builds.py"
SERVER = "tests/real_commands/test_server.py"
BACKUP = "tests/providers/storage/test_backup.py"
EXAMPLES = "tests/real_services/test_examples.py"
_ANSWERS = "app-builder build my-answers.json   #"

RUN_BY: dict[str, tuple[str, str]] = {
    # Builds on this machine
    "make demo": (BUILDS, '"make demo"'),
    ".venv/bin/app-builder build my-answers.json": (BUILDS, _ANSWERS),
    ".venv/bin/app-builder plan FILE": (BUILDS, _ANSWERS),
    ".venv/bin/app-builder show BUILD": (BUILDS, _ANSWERS),
    ".venv/bin/app-builder artifacts": (BUILDS, _ANSWERS),
    ".venv/bin/app-builder build --help": (BUILDS, _ANSWERS),
    ".venv/bin/app-builder stages": (BUILDS, _ANSWERS),
    ".venv/bin/app-builder artifacts BUILD --to FOLDER": (BUILDS, "BUILD --to FOLDER"),
    ".venv/bin/app-builder prune": (BUILDS, "fetch, prune, delete"),
    ".venv/bin/app-builder delete-project PROJECT": (BUILDS, "fetch, prune, delete"),
    ".venv/bin/app-builder build my-answers.json --model 2=huggingface/"
    "meta-llama-4-scout-17b-16e-instruct": (BUILDS, "--model 2=huggingface/"),
    ".venv/bin/app-builder build my-answers.json --model 2=openai/gpt-4o "
    "--model coder=openrouter/anthropic/claude-sonnet-4": (BUILDS, "--model 2=openai/gpt-4o"),
    ".venv/bin/app-builder build my-answers.json --model all=local/qwen2.5-coder": (
        BUILDS,
        "export LOCAL_LLM_BASE_URL=",
    ),
    ".venv/bin/app-builder build my-answers.json --publish github": (
        BUILDS,
        "export GITHUB_TOKEN=",
    ),
    "app-builder build tracker.json": (BUILDS, "app-builder build tracker.json"),
    "app-builder plan tracker.json": (BUILDS, "app-builder build tracker.json"),
    ".venv/bin/app-builder build examples/reading-list.json": (
        BUILDS,
        "export OTEL_EXPORTER_OTLP_ENDPOINT=",
    ),
    ".venv/bin/app-builder store copy .app-builder/store 's3://builds/team-a?encryption=aws:kms'": (
        BUILDS,
        "store copy .app-builder/store",
    ),
    ".venv/bin/app-builder store copy "
    "'s3://builds/team-a?endpoint=https://old.example:9000&profile=old' "
    "'s3://builds/team-a?endpoint=https://new.example:9000&profile=new'": (
        "tests/real_s3/test_store.py",
        "&profile=old",
    ),
    ".venv/bin/app-builder metrics": ("tests/flows/test_metrics_command.py", 'start("metrics"'),
    # A server of one's own
    "make ui": (SERVER, '"make ui"'),
    "make deploy": (SERVER, '"make deploy"'),
    "make deploy DRY_RUN=1": (SERVER, '"make deploy DRY_RUN=1"'),
    "make worker": (SERVER, "register, work"),
    ".venv/bin/app-builder build examples/task-tracker.json": (
        SERVER,
        "app-builder build examples/task-tracker",
    ),
    ".venv/bin/prefect deployment run build-app/build-app-local --params "
    '\'{"questionnaire": {"project_name": "Notes", "summary": "Keeps short notes."}}\'': (
        SERVER,
        "prefect deployment run build-app/",
    ),
    ".venv/bin/prefect deployment run usage-report/usage-report --param days=7": (
        SERVER,
        "prefect deployment run usage-report/",
    ),
    ".venv/bin/prefect deployment run provider-health/provider-health": (
        SERVER,
        "prefect deployment run usage-report/",
    ),
    # Backup and restore
    'backup="$BACKUPS/$(date': (BACKUP, '"backup"'),
    "mkdir .app-builder .app-builder/prefect": (BACKUP, '"restore"'),
    'pg_dump --format=custom --file "$BACKUP/database.dump" "$DATABASE"': (
        BACKUP,
        '"backup-postgresql"',
    ),
    "pg_restore --clean --if-exists --no-owner --exit-on-error "
    '--dbname "$DATABASE" "$BACKUP/database.dump"': (BACKUP, '"restore-postgresql"'),
    # Other services
    'api() { curl --fail --silent --show-error --user "$PREFECT_API_AUTH_STRING"': (
        EXAMPLES,
        "The examples of docs/api.md, taken from the page",
    ),
    'curl --fail --silent --show-error --user "$PREFECT_API_AUTH_STRING"': (
        EXAMPLES,
        "test_the_example_of_cancelling_cancels",
    ),
    # Docker
    "make image": ("tests/real_docker/images.py", '"image", f"PYTHON_IMAGE='),
    "make secrets": ("tests/deployments/test_make_secrets.py", "make_secrets.py"),
    "docker compose up --detach --scale worker=2": (
        "tests/real_docker/system.py",
        '"up", "--detach", "--scale"',
    ),
    # Its images cannot be had everywhere; what is in the profile runs in `make test-metrics`.
    "docker compose --file deployments/compose.yaml --profile observability up --detach": (
        "tests/deployments/test_compose.py",
        '["observability"]',
    ),
    "docker run --user 1000 --cap-drop ALL --security-opt no-new-privileges": (
        "tests/real_docker/test_system.py",
        "ends_green_in_the_sandbox",
    ),
    # For those who change the project
    "make test": (".ci/run", "make test"),
    "make check": (".ci/run", "make check"),
    ".venv/bin/python -m tests.docs.tables": (
        "tests/docs/test_add_a_stage.py",
        '"-m", "tests.docs.tables"',
    ),
    ".venv/bin/python -m tests.model_server --port 8080 --stay": (
        "tests/model_server.py",
        '"-m", "tests.model_server"',
    ),
    ".venv/bin/app-builder build examples/task-tracker.json --model all=lab/medium": (
        "tests/docs/test_add_a_provider.py",
        '"app-builder build" in line',
    ),
}
"""By the command, or by what a script or a command of many lines begins with: the test that runs
it, and the words by which one sees that it does."""

_BY_ITS_BEGINNING = ("\n", "…", "curl ")


def row_of(command: str) -> str | None:
    """The row of a command; `None` where there is none."""
    if command in RUN_BY:
        return command
    if not any(mark in command for mark in _BY_ITS_BEGINNING):
        return None
    return max((row for row in RUN_BY if command.startswith(row)), key=len, default=None)
