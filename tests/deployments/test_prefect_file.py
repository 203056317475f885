"""Every deployment of `prefect.yaml` leads to a flow that is there, in a registered pool."""

import pkgutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule

ROOT = Path(__file__).parents[2]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
REGISTRATION: dict[str, Any] = yaml.safe_load(
    (ROOT / "deployments/registration.yaml").read_text(encoding="utf-8")
)
DEPLOYMENTS: list[dict[str, Any]] = FILE["deployments"]
BY_NAME = {one["name"]: one for one in DEPLOYMENTS}

every_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["name"])


@every_deployment
def test_the_entrypoint_is_a_flow_described_for_people(deployment: dict[str, Any]) -> None:
    flow: Any = pkgutil.resolve_name(deployment["entrypoint"])
    assert isinstance(flow, Flow)
    assert flow.name in deployment["name"]
    assert flow.description
    assert deployment["description"]


@every_deployment
def test_it_runs_in_a_pool_and_queue_that_are_registered(deployment: dict[str, Any]) -> None:
    pool = deployment["work_pool"]
    assert pool["work_queue_name"] in REGISTRATION["pools"][pool["name"]]["queues"]


@every_deployment
def test_it_is_found_by_its_tags_has_the_projects_version_and_a_limit(
    deployment: dict[str, Any],
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert deployment["version"] == project["version"]
    assert "app-builder" in deployment["tags"]
    assert deployment["concurrency_limit"]["limit"] >= 1
    assert deployment["concurrency_limit"]["collision_strategy"] in {"ENQUEUE", "CANCEL_NEW"}


@every_deployment
def test_what_is_held_to_its_heartbeats_sends_them_often_enough(
    deployment: dict[str, Any],
) -> None:
    """Else healthy runs would be marked as dead."""
    documents = yaml.safe_load_all(
        (ROOT / "deployments/automations/dead-runs.yaml").read_text(encoding="utf-8")
    )
    marking = next(one for one in documents if "mark" in one["name"])["trigger"]
    assert marking["match_related"]["prefect.resource.id"] == "prefect.tag.heartbeat-30s"
    assert "heartbeat-30s" in deployment["tags"]
    environment = deployment["work_pool"]["job_variables"]["env"]
    assert environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    assert marking["within"] >= 3 * 30


def test_builds_run_in_the_image_of_the_projects_version_or_in_the_projects_folder() -> None:
    docker, local = BY_NAME["build-app"], BY_NAME["build-app-local"]
    assert docker["work_pool"]["job_variables"]["image"] == f"app-builder:{docker['version']}"
    assert docker["pull"] == [
        {"prefect.deployments.steps.set_working_directory": {"directory": "/app"}}
    ]
    assert local["work_pool"]["job_variables"]["env"]["PYTHONPATH"] == "{{ $APP_BUILDER_FOLDER }}"


def test_what_runs_in_a_process_loads_prefect_once() -> None:
    """Prefect's worker runs nothing between itself and the engine where a command is named."""
    for deployment in DEPLOYMENTS:
        pool = deployment["work_pool"]
        command = pool["job_variables"].get("command")
        local = pool["name"] == "app-builder-local"
        python = "'{{ $APP_BUILDER_FOLDER }}/.venv/bin/python'"
        assert command == (f"{python} -m prefect.engine" if local else None)


def test_both_ways_to_build_share_one_limit_of_builds_at_once() -> None:
    limit = REGISTRATION["limits"]["app-builder-builds"]
    assert set(limit["deployments"]) == {"build-app", "build-app-local"}
    for name in limit["deployments"]:
        assert BY_NAME[name]["concurrency_limit"] == {
            "limit": limit["limit"],
            "collision_strategy": "ENQUEUE",
        }


@every_deployment
def test_what_runs_by_itself_has_schedules_that_can_be_told_apart(
    deployment: dict[str, Any],
) -> None:
    schedules = deployment.get("schedules", [])
    assert bool(schedules) == ("housekeeping" in deployment["tags"])
    for schedule in schedules:
        assert schedule["active"]
        assert schedule["slug"], "or each deploy would make another"
        CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])


def test_every_flow_is_deployed() -> None:
    flows = {
        f"flows.{path.stem}.{path.stem}"
        for path in (ROOT / "flows").glob("*.py")
        if "\n@flow(" in path.read_text(encoding="utf-8")
    }
    assert {one["entrypoint"] for one in DEPLOYMENTS} == flows
