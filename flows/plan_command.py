"""What `app-builder plan` does once its input is read."""

import asyncio
from functools import partial

from rich.console import Console
from rich.text import Text

from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from core.printable import printable
from core.settings import Settings
from core.stages import AUTO
from flows.plan_table import plan_table
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.baseline import resolved_baseline
from tasks.engine.model_choices import peek_history
from tasks.engine.operator_models import operator_models_if_known
from tasks.engine.plan import BuildPlan, make_plan
from tasks.engine.plan_text import limit_lines, plan_notes
from tasks.engine.preparation import identity_of, prepare_build
from tasks.engine.secret_sources import environment_secrets


def run_plan_command(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions, console: Console
) -> bool:
    """Plan a build and print the plan; nothing is spent and nothing written.

    Returns:
        Whether the build can run as it is.

    Raises:
        InputError: an unknown stage or model; missing keys are part of the plan.
        StorageError: the store or the ledger failed.
    """
    plan = asyncio.run(_planned(settings, questionnaire, options))
    print_plan(console, plan)
    return plan.can_run


async def _planned(
    settings: Settings, questionnaire: Questionnaire, options: BuildOptions
) -> BuildPlan:
    """The plan, for the models that a build would have chosen for it now, or has from before."""
    store = ArtifactStore(settings.store_url)
    options = await resolved_baseline(store, questionnaire, options)
    standing = await operator_models_if_known()
    history = None
    if AUTO in {*options.models.values(), *standing.values()}:
        _, build_id = identity_of(questionnaire, options)
        history = await peek_history(settings, store, build_id)
    prepared = await asyncio.to_thread(  # keys may be looked up over the network
        partial(prepare_build, history=history, need_keys=False),
        settings,
        questionnaire,
        options,
        environment_secrets(),
        standing,
    )
    return await make_plan(settings, prepared, store)


def print_plan(console: Console, plan: BuildPlan) -> None:
    """Print a plan."""
    name = printable(plan.prepared.questionnaire.project_name)
    console.print(Text(f"Plan of {name} as {plan.prepared.build_id}"))
    console.print(plan_table(plan, console.width))
    for note in plan_notes(plan):
        console.print(Text(note))
    console.print(Text("Limits", style="bold"))
    for line, limit in zip(limit_lines(plan), plan.limits, strict=True):
        console.print(Text(f"  {line}", style="" if limit.suffices else "red"), soft_wrap=True)
    if plan.problems:
        console.print(Text(f"It cannot run: {printable(plan.problems)}", style="red"))
