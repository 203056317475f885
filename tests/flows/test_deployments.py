"""Every deployment of `prefect.yaml` leads to a flow that is there."""

import pkgutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule

ROOT = Path(__file__).parents[2]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = FILE["deployments"]

every_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["name"])


@every_deployment
def test_the_entrypoint_is_a_flow_described_for_people(deployment: dict[str, Any]) -> None:
    flow: Any = pkgutil.resolve_name(deployment["entrypoint"])
    assert isinstance(flow, Flow)
    assert flow.name in deployment["name"]
    assert flow.description
    assert deployment["description"]


@every_deployment
def test_it_runs_in_the_work_pool_that_is_made_and_from_the_projects_folder(
    deployment: dict[str, Any],
) -> None:
    pool = deployment["work_pool"]
    assert f"--overwrite {pool['name']}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert pool["job_variables"]["env"] == {"PYTHONPATH": "{{ $APP_BUILDER_FOLDER }}"}


def test_what_looks_after_things_runs_by_itself_and_builds_do_not() -> None:
    schedules = {one["name"]: one.get("schedules", []) for one in DEPLOYMENTS}
    assert schedules.pop("build-app-local") == []
    said = {
        name: [(each["cron"], each["timezone"]) for each in all_]
        for name, all_ in schedules.items()
    }
    assert said == {
        "usage-report": [("0 6 * * *", "UTC")],
        "provider-health": [("*/15 * * * *", "UTC")],
    }
    for (schedule,) in schedules.values():
        assert schedule["active"]
        assert schedule["slug"], "or each deploy would make another"
        CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])


def test_every_flow_is_deployed() -> None:
    assert {one["entrypoint"] for one in DEPLOYMENTS} == {
        "flows.build_app.build_app",
        "flows.usage_report.usage_report",
        "flows.provider_health.provider_health",
    }
