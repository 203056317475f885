"""The deployments of `prefect.yaml` as the server has them, held against those that are there."""

import importlib
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, cast

from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from core.errors import ConfigurationError
from deployments.registration.api import PrefectApi
from deployments.registration.changes import Change, differences

Fields = dict[str, Any]
_PLACEHOLDER = re.compile(r"\{\{\s*\$(\w+)\s*\}\}")

_LIMIT = "limit of runs at once"
"""Not a field of the server's: the name of a limit that is shared, or the number of one's own."""

_SCHEDULE_FIELDS = ("slug", "active", "schedule")


async def deployment_changes(
    api: PrefectApi,
    file: Mapping[str, Any],
    variables: Mapping[str, str],
    limits: Mapping[str, Mapping[str, Any]],
) -> list[Change]:
    """What makes the deployments as `prefect.yaml` declares them.

    Args:
        api: the server.
        file: contents of `prefect.yaml`.
        variables: what stands for `{{ $NAME }}` in it.
        limits: global concurrency limits by name; `deployments` names those that share one.

    Raises:
        ConfigurationError: the file is wrong, or the server does not answer as it should.
    """
    shared = {each: name for name, limit in limits.items() for each in limit["deployments"]}
    changes: list[Change] = []
    for entry in file["deployments"]:
        flow = _flow(entry["entrypoint"])
        declared = _declared(_rendered(entry, variables), _pull(file, entry, variables), flow)
        limit: str | int | None = shared.get(entry["name"]) or entry.get(
            "concurrency_limit", {}
        ).get("limit")
        name = f"{flow.name}/{entry['name']}"
        existing = await api.find(f"/deployments/name/{name}")
        found = None if existing is None else _found(existing)
        wanted = declared | {_LIMIT: limit}
        apply = partial(_write, api, flow.name, declared, limit)
        if found is None:
            changes.append(Change("deployment", name, (), apply))
        elif differing := differences(wanted, found):
            changes.append(Change("deployment", name, differing, apply))
    return changes


def _flow(entrypoint: str) -> Flow[..., Any]:
    module, _, name = entrypoint.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"prefect.yaml: entrypoint {entrypoint!r}: {error}") from error
    if not isinstance(found, Flow):
        raise ConfigurationError(f"prefect.yaml: entrypoint {entrypoint!r} is no flow")
    return cast("Flow[..., Any]", found)


def _rendered(value: Any, variables: Mapping[str, str]) -> Any:
    """With what stands for `{{ $NAME }}`; Prefect's own way reads the environment only."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(partial(_value_of, variables=variables), value)
    if isinstance(value, list):
        return [_rendered(each, variables) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _rendered(each, variables) for key, each in cast("Fields", value).items()}
    return value


def _value_of(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found[1] not in variables:
        raise ConfigurationError(f"prefect.yaml: {found[0]!r}: set {found[1]} in the environment")
    return variables[found[1]]


def _pull(
    file: Mapping[str, Any], entry: Mapping[str, Any], variables: Mapping[str, str]
) -> list[dict[str, Any]]:
    return _rendered(entry.get("pull", file.get("pull", [])), variables)


def _declared(
    entry: Mapping[str, Any], pull: list[dict[str, Any]], flow: Flow[..., Any]
) -> dict[str, Any]:
    """The fields of one deployment, as the server's API has them."""
    pool = entry["work_pool"]
    limit = entry.get("concurrency_limit")
    strategy = {"collision_strategy": limit["collision_strategy"]} if limit else None
    return {
        "name": entry["name"],
        "description": entry["description"],
        "version": str(entry["version"]),
        "tags": entry["tags"],
        "entrypoint": entry["entrypoint"],
        "path": None,
        "pull_steps": pull,
        "parameters": entry.get("parameters", {}),
        "parameter_openapi_schema": parameter_schema(flow).model_dump(
            mode="json", exclude_unset=True
        ),
        "enforce_parameter_schema": True,
        "job_variables": pool.get("job_variables", {}),
        "work_pool_name": pool["name"],
        "work_queue_name": pool.get("work_queue_name", "default"),
        "concurrency_options": strategy,
        "schedules": [_schedule(each) for each in entry.get("schedules", ())],
    }


def _schedule(entry: Mapping[str, Any]) -> dict[str, Any]:
    cron = CronSchedule(cron=entry["cron"], timezone=entry["timezone"])
    return {
        "slug": entry["slug"],
        "active": entry["active"],
        "schedule": cron.model_dump(mode="json"),
    }


def _found(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """A deployment of the server in the same fields, and what limits it in a word or number."""
    limit: dict[str, Any] = deployment.get("global_concurrency_limit") or {}
    own = limit.get("name", "").startswith("deployment:")
    options = deployment.get("concurrency_options")
    strategy = {"collision_strategy": options["collision_strategy"]} if options else None
    return {
        **deployment,
        "concurrency_options": strategy,
        "schedules": _in_order(
            {name: each[name] for name in _SCHEDULE_FIELDS}
            for each in deployment.get("schedules", ())
        ),
        _LIMIT: limit.get("limit") if own else limit.get("name"),
    }


def _in_order(schedules: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(schedules, key=lambda each: str(each["slug"]))


async def _write(
    api: PrefectApi, flow_name: str, declared: dict[str, Any], limit: str | int | None
) -> None:
    """The server writes a deployment anew that has the name of one it has."""
    flow = await api.create("/flows/", {"name": flow_name})
    body = {**declared, "flow_id": flow["id"]}
    if isinstance(limit, int):
        body["concurrency_limit"] = limit
    elif limit is not None:
        found = await api.find(f"/v2/concurrency_limits/{limit}")
        if found is None:
            raise ConfigurationError(f"there is no concurrency limit {limit!r}; register it first")
        body["global_concurrency_limit_id"] = found["id"]
    await api.create("/deployments/", body)
