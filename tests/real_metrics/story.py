"""What happens while Prometheus looks: builds end well and badly, a provider goes away."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from core.artifacts.build_outcome import BuildOutcome
from tests.flows.command import run
from tests.model_server import Failure, ModelServer
from tests.real_browser.prefect_stack import PrefectStack
from tests.real_metrics.prometheus import Prometheus, wait_until
from tests.real_services.service import BUILD, Service

FAILED_CALLS = 2
"""So many calls fail, each in the middle of the first build."""

REFUSED = 3
"""So many builds are refused; as many that failed would be an alert."""

POOR = 2
"""So many builds are halted by their limit before the first call; a third is halted on its way."""

SHARE = 0.88
"""So much of its limit a build uses: more than four fifths, and leaves room for its last calls."""

_MODELS = {"all": "lab/medium"}
_QUESTIONNAIRE = {"project_name": "Watched", "summary": "Keeps short notes."}


@dataclass(frozen=True)
class Story:
    """What happened.

    Attributes:
        outcome: of the build that ran through the worker.
        dear: what the command said of a build that used most of its limit, and its exit code.
        halted: the same of a build that its limit halted.
    """

    outcome: BuildOutcome
    dear: tuple[int, str]
    halted: tuple[int, str]


def tell_story(
    service: Service, models: ModelServer, end_local: Callable[[], None], prometheus: Prometheus
) -> Story:
    """Let it happen; every build and look is over afterwards, and scraped.

    Args:
        service: starts runs.
        models: the provider that costs something.
        end_local: takes the provider `local` away for good.
        prometheus: looks.
    """
    _stop_schedules(service)
    _look_after_providers(service, "first look")
    models.behave(failure=Failure(status=500, times=FAILED_CALLS))
    parameters = {"questionnaire": _QUESTIONNAIRE, "options": {"models": _MODELS}}
    run_id = service.start(BUILD, parameters, "watched").raise_for_status().json()["id"]
    _ended_well(service, run_id)
    outcome = service.outcomes(run_id)[-1]
    end_local()
    _look_after_providers(service, "second look")
    for number in range(REFUSED):
        refused = {**parameters, "options": {"models": {"3": "nobody/nothing"}}}
        key = f"refused-{number}"
        refused["questionnaire"] = {**_QUESTIONNAIRE, "project_name": f"Refused {number}"}
        service.wait(service.start(BUILD, refused, key).raise_for_status().json()["id"])
    dear = _build(service.stack, "dear", outcome.cost_usd / SHARE)
    halted = _build(service.stack, "halted", outcome.cost_usd / 3)
    for number in range(POOR):
        _build(service.stack, f"poor-{number}", 0.0001)
    wait_until(
        "everything is scraped",
        lambda: prometheus.value('app_builder_builds_ended_total{status="failed"}') == 1 + POOR,
    )
    return Story(outcome, dear, halted)


def _build(stack: PrefectStack, project: str, limit_usd: float) -> tuple[int, str]:
    """Much the same on the command line, as another project and with a limit of its own.

    Answers to the very same questions would be kept, and cost nothing.
    """
    file = stack.home / f"{project}.json"
    asked = {**_QUESTIONNAIRE, "summary": f"Keeps short notes of what is {project}."}
    file.write_text(json.dumps(asked), encoding="utf-8")
    limit = {"APP_BUILDER_SPENDING__PER_BUILD_USD": f"{limit_usd:.6f}"}
    options = (f"--project-id={project}", "--baseline=none", "--no-response-cache")
    models = (f"--model={stage}={model}" for stage, model in _MODELS.items())
    return run("build", file, *options, *models, environment={**stack.environment, **limit})


def _stop_schedules(service: Service) -> None:
    """Schedules fire as they should; from then on looks come only when they are asked for."""
    wanted = {"flow_runs": {"tags": {"all_": ["auto-scheduled"]}}}
    wait_until("runs are scheduled", lambda: service.post("/flow_runs/count", wanted).json() > 0)
    for deployment in service.post("/deployments/filter", {}).raise_for_status().json():
        service.post(f"/deployments/{deployment['id']}/pause_deployment", {}).raise_for_status()
    busy = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}}}
    wait_until("what began is over", lambda: service.post("/flow_runs/count", busy).json() == 0)


def _look_after_providers(service: Service, key: str) -> None:
    started = service.start("provider-health/provider-health", {}, key).raise_for_status()
    _ended_well(service, started.json()["id"])


def _ended_well(service: Service, run_id: str) -> None:
    state = service.wait(run_id)["state"]
    assert state["type"] == "COMPLETED", state
