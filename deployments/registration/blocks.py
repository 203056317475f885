"""Blocks and variables on the Prefect server, made of the environment."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from prefect.blocks.core import Block
from prefect.exceptions import ObjectNotFound

from deployments.registration.api import PrefectApi
from deployments.registration.changes import Change


async def block_changes(api: PrefectApi, blocks: Iterable[tuple[str, Block]]) -> list[Change]:
    """What makes blocks as given; what they hold is never told.

    Args:
        api: the server.
        blocks: name and block of each.
    """
    changes: list[Change] = []
    for name, block in blocks:
        kind = f"block {block.get_block_type_slug()}"
        apply = partial(_save, block, name)
        held = _held(block)
        try:
            document = await api.client.read_block_document_by_name(
                name, block.get_block_type_slug(), include_secrets=True
            )
        except ObjectNotFound:
            changes.append(Change(kind, name, (), apply))
            continue
        found = {field: document.data.get(field) for field in held}
        if json.loads(json.dumps(found)) != held:
            changes.append(Change(kind, name, ("what it holds",), apply))
    return changes


async def variable_changes(api: PrefectApi, variables: Mapping[str, Any]) -> list[Change]:
    """What makes variables that are missing; the values of those that are there are people's.

    Args:
        api: the server.
        variables: first values by name.

    Raises:
        ConfigurationError: the server does not answer as it should.
    """
    return [
        Change("variable", name, (), partial(api.create, "/variables/", _body(name, value)))
        for name, value in variables.items()
        if await api.find(f"/variables/name/{name}") is None
    ]


def _body(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": value}


async def _save(block: Block, name: str) -> None:
    await block.asave(name, overwrite=True)  # pyright: ignore[reportUnknownMemberType] -- not typed


def _held(block: Block) -> dict[str, Any]:
    """What the server keeps of a block, as JSON."""
    dumped = block.model_dump(mode="json", context={"include_secrets": True})
    return {field: dumped[field] for field in type(block).model_fields if field in dumped}
