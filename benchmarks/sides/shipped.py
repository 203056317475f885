"""Stage 7 as it is shipped, in a process of its own.

Everything is what a build has: settings from the environment, the local Prefect server, ledger,
limits, kept answers, records, results, the gate and the commits. Only what stages 0 to 5 would
have written is laid in place, so that no other stage asks a model.
"""

import argparse
import os
import time
from pathlib import Path

from prefect import flow
from prefect.events.worker import EventsWorker

from benchmarks.sides import product
from benchmarks.sides.cell import Cell, Outcome
from benchmarks.sides.memory import peak_mb
from core.artifacts.questionnaire import Questionnaire
from core.layout import CODE, DOCS, SCHEMA, SPECS_CLEAN, VALIDATED_STRUCTURE
from core.options import BuildOptions
from core.settings import load_settings, make_home
from flows.fan_out import write_files
from flows.run_locally import prefect_api
from flows.stopping import run_stoppable
from providers.llm.asker import Question
from tasks.engine.build_session import BuildSession
from tasks.engine.open_build import open_build
from tasks.engine.stage_call import as_text
from tasks.engine.stage_runner import run_stage

PRODUCT = Questionnaire(project_name="Stock Ledger", summary="Books what comes in and leaves.")
_DRAIN_SECONDS = 20.0
OPTIONS = BuildOptions(models={"all": "bench/bench"})


def environment(cell: Cell, url: str, home: Path) -> dict[str, str]:
    """Variables of this side's process, as an operator sets them.

    Args:
        cell: what is measured.
        url: of the model's server.
        home: an empty folder.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "APP_BUILDER_", "MODEL_ROUTER_"))
    }
    catalogue = home / "catalogue.toml"
    catalogue.write_text(_CATALOGUE.format(url=f"{url}/{cell.latency:g}"), encoding="utf-8")
    return kept | {
        "APP_BUILDER_HOME": str(home),
        "APP_BUILDER_CATALOGUE": str(catalogue),
        "APP_BUILDER_FILES_AT_ONCE": str(cell.at_once),
        "BENCH_API_KEY": "key-of-this-benchmark",
        "MODEL_ROUTER_DEMO_MODE": "auto",
        "PREFECT_HOME": str(home / "nobody"),
    }


_CATALOGUE = """\
[[providers]]
name = "bench"
protocol = "openai-compatible"
base_url = "{url}"
key_variable = "BENCH_API_KEY"
requests_per_minute = 10_000_000
tokens_per_minute = 10_000_000_000

[[providers.models]]
name = "bench"
wire_id = "bench-1"
requests_per_minute = 10_000_000
tokens_per_minute = 10_000_000_000

[providers.models.price]
input_usd = 0.1
output_usd = 0.4
source = "https://prices.test/"
as_of = 2026-11-01
"""


@flow(name="code-generation")
async def write_product(files: int, fresh: str = "") -> float:
    """Write a product's files; says how many seconds stage 7 took, from its begin to its end."""
    options = OPTIONS.model_copy(update={"fresh": fresh})
    async with open_build(PRODUCT, options) as session:
        _lay_out(session, files)
        await _ask_once(session)
        await run_stage(session, session.table["6"])
        started = time.perf_counter()
        await write_files(session, session.table["7"])
        seconds = time.perf_counter() - started
        _require_all_written(session, files)
    return seconds


def _lay_out(session: BuildSession, files: int) -> None:
    artifacts = {
        SPECS_CLEAN: product.spec(files),
        DOCS: product.docs(files),
        SCHEMA: product.schema(files),
        VALIDATED_STRUCTURE: product.structure(files),
    }
    for path, artifact in artifacts.items():
        session.artifacts[path] = as_text(artifact)
        session.runs[path] = ()


async def _ask_once(session: BuildSession) -> None:
    """Ask a model, as the stages before have: then ledger, limits and connections are there."""
    stage = session.table["5"]
    question = Question(
        build_id=session.build_id,
        project_id=session.project_id,
        user=session.user,
        stage=stage.number,
        template="validator",
        system="",
        user_text="Is this structure sound?",
        choices=session.router.choices(stage.number, "validator"),
        limits=session.call_maxima(stage),
    )
    await session.asker.ask(question, str)


def _require_all_written(session: BuildSession, files: int) -> None:
    folder = Path(session.store.url.removeprefix("file://")) / "project" / session.build_id / CODE
    for number, path in enumerate(product.paths(files)):
        if (folder / path).read_text(encoding="utf-8") != product.source(number):
            raise ValueError(f"{path!r} is not what the model answered")


async def _measured(cell: Cell) -> Outcome:
    # What a process does once, such as reading templates, the stages before have done in a build.
    await write_product(product.BASES, fresh="first")
    cpu = time.process_time()
    seconds = await write_product(cell.files)
    cpu = time.process_time() - cpu
    peak = peak_mb()
    cached = await write_product(cell.files)
    return Outcome(seconds=seconds, cpu_seconds=cpu, peak_mb=peak, cached_seconds=cached)


def main() -> None:
    """Measure the cell that the command line names, and write the outcome into a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cell", type=Cell.model_validate_json)
    parser.add_argument("outcome", type=Path)
    asked = parser.parse_args()
    settings = load_settings()
    make_home(settings)
    with prefect_api(settings) as check:
        outcome = run_stoppable(_measured(asked.cell), check)
        # While there is a server to take them: else Prefect tries for a minute at the exit.
        EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
    asked.outcome.write_text(outcome.model_dump_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
