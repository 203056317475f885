"""Registering on a real Prefect server: everything once, and nothing the second time."""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client

from core.errors import ConfigurationError
from deployments.bootstrap import ROOT, register
from deployments.registration.api import PrefectApi
from deployments.registration.deployments import deployment_changes
from deployments.registration.environment import absent_webhooks, blocks_of_environment
from deployments.registration.pools import pool_changes
from tests.real_services.service import receiving

ENVIRONMENT = {
    "ALERT_WEBHOOK_URL": "https://hooks.example/alerts?key=hidden-address",
    "OUTCOME_WEBHOOK_URL": "https://hooks.example/outcomes",
}

KEYS = {
    "APP_BUILDER_SECRET_SOURCES": '["environment", "prefect"]',
    "DEEPSEEK_API_KEY": "hidden-key",
}


@dataclass(frozen=True)
class First:
    """What came of the first dry run on a new server, and of the first run after it."""

    before: dict[str, Any]
    after_dry_run: dict[str, Any]
    announced: list[str]
    told: list[str]


@pytest.fixture(scope="module", autouse=True)
async def first(prefect_server: None) -> AsyncGenerator[First]:
    """Everything is registered, in whichever process a test of this file runs.

    The server is that of all tests of the process, whose builds would go by what is registered.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        before = await whole_state()
        announced = await registered(dry_run=True)
        after = await whole_state()
        yield First(before, after, announced, await registered())
    await take_away_what_is_new(before)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] -- used by pytest
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


async def registered(
    environment: Mapping[str, str] = ENVIRONMENT, *, dry_run: bool = False
) -> list[str]:
    told: list[str] = []
    number = await register(environment, dry_run=dry_run, tell=told.append)
    assert number == len(told)
    return told


async def whole_state() -> dict[str, Any]:
    """Everything that the server keeps of what is registered, with the times of changes."""
    async with get_client() as client:
        api = PrefectApi(client)
        state: dict[str, Any] = {
            path: await api.list_all(path)
            for path in (
                *("/work_pools/filter", "/v2/concurrency_limits/filter", "/variables/filter"),
                *("/block_documents/filter", "/deployments/filter", "/automations/filter"),
                *("/flows/filter", "/work_queues/filter"),
            )
        }
    return state


async def take_away_what_is_new(before: Mapping[str, Any]) -> None:
    """Leave the server as it was found."""
    async with get_client() as client:
        for path, found in (await whole_state()).items():
            known = {each["id"] for each in before[path]}
            for each in found:
                if each["id"] in known or path in {"/flows/filter", "/work_queues/filter"}:
                    continue  # flows are only names, and queues go with their pool
                key = each["name"] if path == "/work_pools/filter" else each["id"]
                address = f"{path.removesuffix('/filter')}/{key}"
                await client.request("DELETE", cast("Any", address))
    left = await whole_state()
    assert {path: len(found) for path, found in left.items() if path != "/flows/filter"} == {
        path: len(found) for path, found in before.items() if path != "/flows/filter"
    }


async def test_a_dry_run_changes_nothing_and_a_second_run_not_even_a_time(first: First) -> None:
    assert first.after_dry_run == first.before
    assert first.told == first.announced
    state = await whole_state()
    assert await registered() == []
    assert await whole_state() == state


async def test_everything_declared_is_there() -> None:
    state = await whole_state()
    names = {path: {each["name"] for each in found} for path, found in state.items()}
    assert {"app-builder", "app-builder-local"} <= names["/work_pools/filter"]
    assert "app_builder_models" in names["/variables/filter"]
    assert {"deepseek-api-key", "app-builder-alerts"} <= names["/block_documents/filter"]
    assert {"build-app", "build-app-local"} <= names["/deployments/filter"]
    assert "app-builder: a provider is down" in names["/automations/filter"]
    for deployment in state["/deployments/filter"]:
        if deployment["name"] in {"build-app", "build-app-local"}:
            assert deployment["global_concurrency_limit"]["name"] == "app-builder-builds"


async def test_queues_have_their_priorities() -> None:
    async with get_client() as client:
        queues = await client.read_work_queues(work_pool_name="app-builder")
    assert {queue.name: queue.priority for queue in queues} == {
        "urgent": 1,
        "default": 2,
        "background": 3,
    }


async def test_every_schedule_leads_to_runs() -> None:
    """Where the server cannot make them, its log alone tells of it, and nothing ever happens."""
    async with get_client() as client:
        found = await PrefectApi(client).list_all("/deployments/filter")
        scheduled = {each["id"] for each in found if each["schedules"]}
        assert scheduled
        for each in scheduled:
            path = cast("Any", f"/deployments/{each}/schedule")
            await client.request("POST", path, json={"min_runs": 1, "max_runs": 1})
        runs = [run for run in await client.read_flow_runs() if str(run.deployment_id) in scheduled]
        for run in runs:
            await client.delete_flow_run(run.id)
    assert {str(run.deployment_id) for run in runs} == scheduled


async def test_what_people_changed_is_told_and_changed_back_and_their_variables_stay() -> None:
    async with get_client() as client:
        api = PrefectApi(client)
        await api.change("/work_pools/app-builder", {"concurrency_limit": 1})
        await api.change("/work_pools/app-builder/queues/urgent", {"description": "Mine."})
        await api.change("/v2/concurrency_limits/app-builder-builds", {"limit": 1})
        await api.change("/variables/name/app_builder_models", {"value": {"3": "openai/gpt-4o"}})
        found = await client.read_deployment_by_name("build-app/build-app")
        await api.change(f"/deployments/{found.id}", {"tags": ["mine"]})
        marking = await client.read_automations_by_name("app-builder: mark dead runs")
        await client.pause_automation(marking[0].id)
    told = await registered()
    assert [each.partition(": tags")[0] for each in told] == [
        "change work pool 'app-builder': concurrency_limit 1 -> 16",
        "change work queue 'app-builder/urgent': description 'Mine.' -> 'Before all others.'",
        "change concurrency limit 'app-builder-builds': limit 1 -> 8",
        "change deployment 'build-app/build-app'",
        "change automation 'app-builder: mark dead runs': enabled False -> True",
    ]
    async with get_client() as client:
        variable = await client.read_variable_by_name("app_builder_models")
        assert variable is not None
        assert variable.value == {"3": "openai/gpt-4o"}


async def test_a_new_key_is_saved_and_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "hidden-and-new")
    told = await registered()
    assert told == ["change block secret 'deepseek-api-key': what it holds"]
    async with get_client() as client:
        block = await client.read_block_document_by_name("deepseek-api-key", "secret")
    assert block.data["value"] == "hidden-and-new"


async def test_keys_stay_where_they_are_unless_they_are_looked_up_in_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_BUILDER_SECRET_SOURCES", '["environment"]')
    monkeypatch.setenv("GEMINI_API_KEY", "hidden-third")
    assert [each for each in await registered() if "block secret" in each] == []


async def test_an_automation_without_its_address_is_left_out() -> None:
    told = await registered({}, dry_run=True)
    assert [each for each in told if "automation" in each or "webhook" in each] == []


async def test_a_wrong_entrypoint_is_told_with_its_name() -> None:
    entry = {"name": "x", "entrypoint": "flows.build_app.no_such"}
    async with get_client() as client:
        with pytest.raises(ConfigurationError, match=r"'flows\.build_app\.no_such'"):
            await deployment_changes(PrefectApi(client), {"deployments": [entry]}, {}, {})


async def test_what_the_server_refuses_is_told_with_its_words() -> None:
    async with get_client() as client:
        with pytest.raises(ConfigurationError, match="answers 422 to POST /work_pools/"):
            await PrefectApi(client).create("/work_pools/", {"nonsense": 1})


async def test_a_pool_of_another_type_is_not_taken_over() -> None:
    async with get_client() as client:
        api = PrefectApi(client)
        await api.create("/work_pools/", {"name": "taken", "type": "process"})
        with pytest.raises(ConfigurationError, match=r"'taken' .* 'process', .* 'docker'"):
            await pool_changes(api, {"taken": {"type": "docker"}})


async def test_the_addresses_of_webhooks_are_shown_to_nobody() -> None:
    async with get_client() as client:
        for name, kind in (("alerts", "custom-webhook"), ("outcomes", "webhook")):
            shown = await client.read_block_document_by_name(
                f"app-builder-{name}", kind, include_secrets=False
            )
            assert "hooks.example" not in str(shown.data)


async def test_an_address_may_be_a_file_and_is_where_alerts_are_sent(tmp_path: Path) -> None:
    file = tmp_path / "alerts"
    with receiving() as (address, received):
        file.write_text(f"{address}?key=hidden-address\n")
        webhooks = declared_webhooks()
        ((_, block),) = (
            each
            for each in blocks_of_environment(webhooks, {"ALERT_WEBHOOK_URL_FILE": str(file)})
            if each[0] == "app-builder-alerts"
        )
        assert isinstance(block, CustomWebhookNotificationBlock)
        assert "hidden-address" not in str(block.model_dump(mode="json"))
        await block.anotify("the body", "the subject")
    assert json.loads(received[0]) == {"text": "the subject\nthe body"}
    assert absent_webhooks(webhooks, {"ALERT_WEBHOOK_URL_FILE": str(file)}) == {
        "webhook/app-builder-outcomes"
    }


def declared_webhooks() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "deployments/registration.yaml").read_text())["webhooks"]
