"""Starts builds as runs of a deployment, each once."""

import hashlib
from typing import NamedTuple

from prefect.client.schemas.objects import FlowRun
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError
from core.options import BuildOptions


class Started(NamedTuple):
    """The run of a build.

    Attributes:
        run: in whatever state it is by now.
        again: whether an earlier run of the build had ended without a result.
    """

    run: FlowRun
    again: bool = False


async def start_build(
    deployment: str,
    inbox: str,
    build_id: str,
    questionnaire: Questionnaire,
    options: BuildOptions,
    *,
    dropped_again: bool,
) -> Started:
    """Start a build, or find its run where it was started before.

    The key of a run follows from the deployment, the inbox, the build and, of one that is started
    again, from the run before it. So whoever asks the same once more, after a crash, finds the run
    that there is. (Prefect holds keys of all deployments of a flow against one another.)

    Args:
        deployment: whose run it is, as `flow/deployment`.
        inbox: URL of the store that the questionnaire was found in.
        build_id: the build.
        questionnaire, options: what it is given.
        dropped_again: whether its questionnaire was taken before: then a build that failed, crashed
            or was cancelled goes on where it stopped.

    Raises:
        ConfigurationError: there is no such deployment.
    """
    origin = hashlib.sha256(f"{deployment} {inbox}".encode()).hexdigest()[:10]
    first = f"inbox-{origin}-{build_id}"
    started = Started(await _run(deployment, first, questionnaire, options))
    while dropped_again and _ended_without_result(started.run):
        key = f"{first}-{started.run.id}"
        started = Started(await _run(deployment, key, questionnaire, options), again=True)
    return started


async def _run(
    deployment: str, key: str, questionnaire: Questionnaire, options: BuildOptions
) -> FlowRun:
    try:
        return await arun_deployment(
            deployment,
            parameters={
                "questionnaire": questionnaire.model_dump(mode="json"),
                "options": options.model_dump(mode="json"),
            },
            flow_run_name=questionnaire.project_name,
            idempotency_key=key,
            tags=["inbox"],
            timeout=0,
            as_subflow=False,  # it goes on whatever becomes of the look into the inbox
        )
    except ObjectNotFound:
        raise ConfigurationError(
            f"there is no deployment {deployment!r} on the Prefect server; `make deploy` registers "
            "those of prefect.yaml, and the parameter `deployment` names another"
        ) from None


def _ended_without_result(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_final() and not run.state.is_completed()
