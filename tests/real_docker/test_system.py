"""The whole system: closed to the outside, and three builds at once end green."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.real_docker.engine import compose, run
from tests.real_docker.images import ROOT
from tests.real_docker.system import System

COMPOSE_FILE = ROOT / "deployments/compose.yaml"

NAMES = ("Notes", "Recipes", "Guests")


def inspected(container: str) -> dict[str, Any]:
    return json.loads(run("docker", "inspect", container))[0]


def test_only_the_proxy_can_be_reached_and_only_with_the_password(system: System) -> None:
    project = "label=com.docker.compose.project=app-builder-under-test"
    published = Counter[str]()
    for container in run("docker", "ps", "--quiet", "--filter", project).splitlines():
        told = inspected(container)
        service = told["Config"]["Labels"]["com.docker.compose.service"]
        published[service] += sum(map(bool, told["NetworkSettings"]["Ports"].values()))
    assert {service for service, ports in published.items() if ports} == {"proxy"}
    with system.client(authorised=False) as client:
        assert client.get("/health").status_code == 200
        assert client.post("/flow_runs/filter", json={}).status_code == 401
    with system.client() as client:
        assert client.post("/flow_runs/filter", json={}).status_code == 200


def test_compose_takes_the_file_as_it_is_with_all_services(tmp_path: Path) -> None:
    """Also those, and those images, that are not started here."""
    options = ("--env-file", str(tmp_path / "none"), "--file", str(COMPOSE_FILE))
    (tmp_path / "none").touch()
    known = yaml.safe_load(run(*compose(), *options, "--profile", "local-model", "config"))
    assert set(known["services"]) == set(yaml.safe_load(COMPOSE_FILE.read_text())["services"])
    assert known["services"]["database"]["image"].startswith("postgres:")
    assert known["services"]["cache"]["image"].startswith("redis:")


@pytest.fixture(scope="module")
def builds(system: System) -> dict[str, dict[str, Any]]:
    """Three builds at once; for each what its container may do, and how it ended."""
    runs = {name: system.build(name) for name in NAMES}
    containers: dict[str, dict[str, Any]] = {}
    together = 0

    def all_ended() -> bool:
        nonlocal together
        alive = {
            name: found for name, each in runs.items() if (found := system.run_container(each))
        }
        together = max(together, len(alive))
        for name, container in alive.items():
            if name not in containers:
                containers[name] = inspected(container)
        return all(system.ended(each) for each in runs.values())

    system.wait("the builds end", all_ended, 900)
    assert together >= 2, "they ran one after the other"
    return {
        name: {"container": containers[name], "run": system.flow_run(each)}
        for name, each in runs.items()
    }


def test_each_has_a_container_of_its_own_and_ends_green_in_the_sandbox(
    system: System, builds: dict[str, dict[str, Any]]
) -> None:
    assert len({each["container"]["Id"] for each in builds.values()}) == len(NAMES)
    for name, each in builds.items():
        story = system.story(each["run"]["id"])
        assert each["run"]["state_name"] == "Completed", story
        (build_id,) = (key for key in _builds(system) if key.startswith(name.lower()))
        record = system.artifact(build_id, "build.json")
        assert record["status"] == "completed"
        tests = system.artifact(build_id, "report/tests.json")
        assert tests["sandbox"] == "bubblewrap"


def test_a_builds_container_has_no_rights_and_not_the_engine(
    builds: dict[str, dict[str, Any]],
) -> None:
    for each in builds.values():
        told = each["container"]
        host = told["HostConfig"]
        assert told["Config"]["User"] == "1000:1000"
        assert host["CapDrop"] == ["ALL"]
        assert not host["Privileged"]
        assert host["ReadonlyRootfs"]
        assert host["Memory"] == 4_096 * 1024 * 1024
        assert any(option == "no-new-privileges" for option in host["SecurityOpt"])
        mounted = {mount["Destination"]: mount for mount in told["Mounts"]}
        assert set(mounted) == {"/run/secrets", "/var/lib/app-builder"}
        assert not mounted["/run/secrets"]["RW"]


def test_calls_are_in_the_ledger_on_postgresql(
    system: System, builds: dict[str, dict[str, Any]]
) -> None:
    count = run(
        *("docker", "exec", system.container("database"), "psql", "--username", "postgres"),
        *("--dbname", "ledger", "--tuples-only", "--no-align"),
        *("--command", "select count(distinct build_id) from calls"),
    )
    assert int(count) >= len(builds)


def test_containers_of_builds_that_ended_are_gone(
    system: System, builds: dict[str, dict[str, Any]]
) -> None:
    label = "label=io.prefect.flow-run-id"
    system.wait(
        "no container is left",
        lambda: run("docker", "ps", "--all", "--quiet", "--filter", label) == "",
        30,
    )


def test_no_background_service_of_prefects_fails(
    system: System, builds: dict[str, dict[str, Any]]
) -> None:
    """They tell nobody but their log that they cannot do their work."""
    assert builds
    logs = system.compose("logs", "--no-color", "services").splitlines()
    assert [line for line in logs if "| ERROR" in line and "docket" in line] == []


def test_schedules_lead_to_runs(system: System) -> None:
    with system.client() as client:
        runs = client.post(
            "/flow_runs/filter", json={"flow_runs": {"tags": {"all_": ["auto-scheduled"]}}}
        )
    assert len({run["deployment_id"] for run in runs.raise_for_status().json()}) >= 4


def test_registering_again_changes_nothing(system: System) -> None:
    said = system.compose("run", "--rm", "register")
    assert "everything is as declared" in said


def _builds(system: System) -> set[str]:
    code = (
        "import asyncio, json\n"
        "from core.settings import load_settings\n"
        "from providers.storage.artifact_store import ArtifactStore\n"
        "store = ArtifactStore(load_settings().store_url)\n"
        "print(json.dumps(asyncio.run(store.list_keys('project'))))\n"
    )
    keys = json.loads(system.in_image("python", "-c", code))
    return {key.split("/")[1] for key in keys}
