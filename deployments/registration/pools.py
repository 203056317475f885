"""Work pools with their queues, and limits of how many runs there are at once."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from core.errors import ConfigurationError
from deployments.registration.api import PrefectApi
from deployments.registration.changes import Change, differences


async def pool_changes(api: PrefectApi, pools: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    """What makes work pools and their queues as declared.

    Args:
        api: the server.
        pools: fields of each pool by its name; `queues` are those of each queue by its name, in the
            order of their priorities.

    Raises:
        ConfigurationError: a pool is of another type, or the server does not answer as it should.
    """
    changes: list[Change] = []
    for name, declared in pools.items():
        fields = {key: value for key, value in declared.items() if key != "queues"}
        found = await api.find(f"/work_pools/{name}")
        if found is None:
            create = partial(api.create, "/work_pools/", {"name": name, **fields})
            changes.append(Change("work pool", name, (), create))
        elif differing := differences(fields, found):
            if found["type"] != fields["type"]:
                raise ConfigurationError(
                    f"work pool {name!r} on the server is of type {found['type']!r}, and must be "
                    f"of {fields['type']!r}; a type cannot be changed, so delete that pool"
                )
            body = {key: value for key, value in fields.items() if key != "type"}
            change = partial(api.change, f"/work_pools/{name}", body)
            changes.append(Change("work pool", name, differing, change))
        changes += await _queue_changes(api, name, declared.get("queues", {}))
    return changes


async def _queue_changes(
    api: PrefectApi, pool: str, queues: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """In the order of priorities: setting one moves those that follow down by one."""
    changes: list[Change] = []
    for name, fields in queues.items():
        path = f"/work_pools/{pool}/queues/{name}"
        found = await api.find(path)
        if found is None:
            apply = partial(_write_queue, api, pool, {"name": name, **fields})
            changes.append(Change("work queue", f"{pool}/{name}", (), apply))
        elif differing := differences(fields, found):
            apply = partial(api.change, path, dict(fields))
            changes.append(Change("work queue", f"{pool}/{name}", differing, apply))
    return changes


async def _write_queue(api: PrefectApi, pool: str, body: dict[str, Any]) -> None:
    """A pool that is made brings its queue `default` along."""
    path = f"/work_pools/{pool}/queues"
    if await api.find(f"{path}/{body['name']}") is None:
        await api.create(path, body)
    else:
        await api.change(f"{path}/{body['name']}", body)


async def limit_changes(api: PrefectApi, limits: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    """What makes global concurrency limits as declared.

    Args:
        api: the server.
        limits: fields of each limit by its name; `deployments` is not one of the server's.

    Raises:
        ConfigurationError: the server does not answer as it should.
    """
    changes: list[Change] = []
    for name, declared in limits.items():
        fields = {key: value for key, value in declared.items() if key != "deployments"}
        path = f"/v2/concurrency_limits/{name}"
        found = await api.find(path)
        if found is None:
            apply = partial(api.create, "/v2/concurrency_limits/", {"name": name, **fields})
            changes.append(Change("concurrency limit", name, (), apply))
        elif differing := differences(fields, found):
            changes.append(
                Change("concurrency limit", name, differing, partial(api.change, path, fields))
            )
    return changes
