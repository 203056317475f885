"""Two machines that share the services of a third, with a worker each."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.flows.command import run, variables
from tests.real_hosts.builds import SUMMARY, Builds
from tests.real_hosts.hosts import Host, shared_address
from tests.real_hosts.services import Services, services

CALLS_PER_MINUTE = 90
PER_HOST = 3


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with (
        shared_address() as address,
        services(
            tmp_path_factory.mktemp("services"),
            address,
            APP_BUILDER_RATE_LIMITS__USER_CALLS_PER_MINUTE=str(CALLS_PER_MINUTE),
        ) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def installed(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What tests of generated repositories import: a build has fetched it, the hosts cannot."""
    home = tmp_path_factory.mktemp("first")
    (home / "environments").symlink_to(environments)
    questionnaire = home / "questionnaire.json"
    questionnaire.write_text(json.dumps({"project_name": "First", "summary": SUMMARY}))
    code, said = run(
        "build", questionnaire, environment=variables(home, MODEL_ROUTER_DEMO_MODE="forced")
    )
    assert code == 0, said
    assert "tests green" in said
    return environments


@pytest.fixture(scope="session")
def hosts(
    shared: Services, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Host]]:
    """Both machines with their networks, by name."""
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as opened:
        made = {
            name: Host(number, name, folder / name, installed)
            for number, name in enumerate(("host-a", "host-b"), start=1)
        }
        for host in made.values():
            opened.enter_context(host.connected())
        yield made


@pytest.fixture
def working(shared: Services, hosts: dict[str, Host]) -> Iterator[dict[str, Host]]:
    """Both machines, at work."""
    with ExitStack() as started:
        for host in hosts.values():
            started.enter_context(host.working(shared.environment, PER_HOST))
        yield hosts


@pytest.fixture
def builds(shared: Services) -> Iterator[Builds]:
    with Builds(shared) as opened:
        yield opened
        shared.models.behave(latency=0)
