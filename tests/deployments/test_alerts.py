"""Which events the alerts are about, as Prefect itself matches them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import yaml
from prefect.server.events.schemas.automations import EventTrigger, Posture
from prefect.server.events.schemas.events import ReceivedEvent

from core.artifacts.build_outcome import OutcomeStatus
from core.build_events import LIMIT_REACHED, outcome_event
from deployments.bootstrap import ROOT

FOLDER = ROOT / "deployments/automations"
MANY = "app-builder: many builds fail"
CRASHED = "app-builder: a build crashed for good"
NOBODY = "app-builder: nobody looks after the providers"
RESTARTS = "app-builder: start crashed builds again"


def trigger(name: str) -> EventTrigger:
    documents = (
        document
        for file in sorted(FOLDER.glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    )
    (found,) = (each for each in documents if each["name"] == name)
    return EventTrigger.model_validate(found["trigger"])


def event(name: str, resource: dict[str, str], *related: dict[str, str]) -> ReceivedEvent:
    fields = {"id": uuid4(), "occurred": datetime.now(UTC), "event": name}
    return ReceivedEvent.model_validate({**fields, "resource": resource, "related": related})


def of_run(state: str, *, times: int, flow: str = "build-app", tag: str = "resumes") -> Any:
    return event(
        f"prefect.flow-run.{state}",
        {"prefect.resource.id": f"prefect.flow-run.{uuid4()}", "prefect.run-count": str(times)},
        {
            "prefect.resource.id": f"prefect.flow.{uuid4()}",
            "prefect.resource.role": "flow",
            "prefect.resource.name": flow,
        },
        {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"},
    )


@pytest.mark.parametrize("status", list(OutcomeStatus))
def test_many_builds_fail_is_about_builds_that_failed_and_not_refused_ones(
    status: OutcomeStatus,
) -> None:
    told = event(outcome_event(status), {"prefect.resource.id": "app-build.b-1"})
    assert trigger(MANY).covers(told) is (status is OutcomeStatus.FAILED)


@pytest.mark.parametrize("state", ["Failed", "Crashed"])
def test_a_run_that_is_refused_or_started_again_is_not_counted(state: str) -> None:
    assert not trigger(MANY).covers(of_run(state, times=1))


@pytest.mark.parametrize(("times", "final"), [(0, 1), (1, 0), (2, 0), (3, 1), (10, 1), (12, 1)])
def test_a_crash_is_told_just_where_nothing_starts_the_build_again(times: int, final: int) -> None:
    crash = of_run("Crashed", times=times)
    assert trigger(CRASHED).covers(crash) == bool(final)
    assert trigger(RESTARTS).covers(crash) != bool(final)
    assert not trigger(CRASHED).covers(of_run("Crashed", times=3, tag="housekeeping"))
    assert not trigger(CRASHED).covers(of_run("Failed", times=3))


def test_looks_after_the_providers_that_fail_or_do_not_come_are_told() -> None:
    looks = trigger(NOBODY)
    assert looks.posture is Posture.Proactive
    done = of_run("Completed", times=1, flow="provider-health", tag="housekeeping")
    assert looks.covers(done)
    assert looks.starts_after(done.event), "the time begins anew with each"
    assert not looks.covers(of_run("Failed", times=1, flow="provider-health"))
    assert not looks.covers(of_run("Completed", times=1))
    every = timedelta(minutes=15)
    assert looks.within > 2 * every, "one look that fails is no alert"


def test_a_limit_that_halted_a_build_is_about_that_event() -> None:
    told = event(LIMIT_REACHED, {"prefect.resource.id": "app-build.b-1"})
    assert trigger("app-builder: a limit halted a build").covers(told)
