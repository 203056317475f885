"""What `app-builder plan` does once its input is read."""

import asyncio

from rich.console import Console
from rich.text import Text

from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from core.printable import printable
from core.settings import Settings
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.plan import BuildPlan, make_plan
from tasks.engine.plan_text import limit_lines, plan_notes, plan_rows
from tasks.engine.preparation import prepare_build
from tasks.engine.secret_sources import environment_secrets

_UNITS = ("calls", "tokens in", "tokens out", "", "")


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
    prepared = prepare_build(
        settings, questionnaire, options, environment_secrets(), need_keys=False
    )
    plan = asyncio.run(make_plan(settings, prepared, ArtifactStore(settings.store_url)))
    print_plan(console, plan)
    return plan.can_run


def print_plan(console: Console, plan: BuildPlan) -> None:
    """Print a plan."""
    name = printable(plan.prepared.questionnaire.project_name)
    console.print(Text(f"Plan of {name} as {plan.prepared.build_id}"))
    for label, asks, *amounts in plan_rows(plan):
        console.print(Text.assemble((f"{label:<28}", "bold"), asks), soft_wrap=True)
        told = [
            f"{amount} {what}".strip()
            for amount, what in zip(amounts, _UNITS, strict=True)
            if amount not in {"", "–"}
        ]
        line = ", ".join(told)
        if line:
            console.print(Text(f"     {line}", style="dim"), soft_wrap=True)
    for note in plan_notes(plan):
        console.print(Text(note))
    console.print(Text("Limits", style="bold"))
    for line, limit in zip(limit_lines(plan), plan.limits, strict=True):
        console.print(Text(f"  {line}", style="" if limit.suffices else "red"), soft_wrap=True)
    if plan.problems:
        console.print(Text(f"It cannot run: {printable(plan.problems)}", style="red"))
