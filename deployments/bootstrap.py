"""Registers this project on the configured Prefect server, and says what that changes.

    python -m deployments.bootstrap [--dry-run]

Work pools, limits and first values of variables are declared in `deployments/registration.yaml`,
deployments in `prefect.yaml`, automations in `deployments/automations`. Secrets come from the
environment. Only what differs is written, so that a second run changes nothing.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from core.errors import AppBuilderError, ConfigurationError
from deployments.registration.api import PrefectApi
from deployments.registration.automations import automation_changes, declared_automations
from deployments.registration.blocks import block_changes, variable_changes
from deployments.registration.changes import Change
from deployments.registration.deployments import deployment_changes
from deployments.registration.environment import absent_webhooks, blocks_of_environment
from deployments.registration.pools import limit_changes, pool_changes

ROOT = Path(__file__).resolve().parents[1]
_DEFAULTS = {"APP_BUILDER_FOLDER": str(ROOT), "INBOX_DEPLOYMENT": "build-app/build-app-local"}
"""What stands for variables of `prefect.yaml` that are not set: a worker beside this folder."""


def main(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Register work pools, limits, blocks, variables, deployments and automations."""
    try:
        changed = asyncio.run(register(os.environ, dry_run=dry_run, tell=typer.echo))
    except AppBuilderError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    verb = "would change" if dry_run else "changed"
    typer.echo(f"{changed} {verb}" if changed else "everything is as declared")


async def register(
    environment: Mapping[str, str], *, dry_run: bool, tell: Callable[[str], None]
) -> int:
    """Make the server as declared.

    Args:
        environment: variables; those of `prefect.yaml` and secrets.
        dry_run: whether to write nothing.
        tell: called with each change before it is made.

    Returns:
        Number of changes.

    Raises:
        ConfigurationError: no server is configured or it refuses something, or what is declared is
            wrong; changes told before were made.
    """
    if not PREFECT_API_URL.value():
        raise ConfigurationError("no Prefect API is configured; set PREFECT_API_URL")
    changed = 0
    async with get_client() as client:
        for step in _steps(PrefectApi(client), environment):
            for change in await step():
                tell(str(change))
                changed += 1
                if not dry_run:
                    await change.apply()
    return changed


def _steps(
    api: PrefectApi, environment: Mapping[str, str]
) -> list[Callable[[], Awaitable[list[Change]]]]:
    """What is registered, in the order in which one needs the other."""
    declared = _read("deployments/registration.yaml")
    limits = declared["limits"]
    variables = {**_DEFAULTS, **environment}
    automations = declared_automations(
        ROOT / "deployments/automations", absent_webhooks(declared["webhooks"], environment)
    )
    return [
        lambda: pool_changes(api, declared["pools"]),
        lambda: limit_changes(api, limits),
        lambda: block_changes(api, blocks_of_environment(declared["webhooks"], environment)),
        lambda: variable_changes(api, declared["variables"]),
        lambda: deployment_changes(api, _read("prefect.yaml"), variables, limits),
        lambda: automation_changes(api, automations),
    ]


def _read(path: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


if __name__ == "__main__":
    typer.run(main)
