"""Automations on the Prefect server, declared in the files of `deployments/automations`."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import yaml
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from core.errors import ConfigurationError
from deployments.registration.api import PrefectApi
from deployments.registration.changes import Change, differences

BLOCK = "block"
"""In an action, `block: TYPE/NAME` stands for the block's id, which every server gives anew."""

_UNKNOWN_BLOCK = "00000000-0000-0000-0000-000000000000"


def declared_automations(
    folder: Path, absent: frozenset[str] = frozenset()
) -> list[dict[str, Any]]:
    """The automations of a folder's YAML files, one or several documents a file, by file name.

    Args:
        folder: where the files are.
        absent: blocks, as `TYPE/NAME`, that are not made here; automations that need one are left
            out.
    """
    documents = (
        document
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    )
    return [document for document in documents if absent.isdisjoint(_blocks_of(document))]


def _blocks_of(document: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("actions", "actions_on_trigger", "actions_on_resolve"):
        yield from (action[BLOCK] for action in document.get(kind, ()) if BLOCK in action)


async def automation_changes(api: PrefectApi, automations: list[dict[str, Any]]) -> list[Change]:
    """What makes automations as declared.

    Args:
        api: the server.
        automations: fields of each, as in Prefect's API, and `block` as above.

    Raises:
        ConfigurationError: one is not what Prefect takes.
    """
    changes: list[Change] = []
    there = {each.name: each for each in await api.client.read_automations()}
    for declared in automations:
        wanted = _compared(await _parsed(api, declared))
        name = str(wanted["name"])
        existing = there.get(name)
        if existing is None:
            changes.append(Change("automation", name, (), partial(_create, api, declared)))
        elif differing := differences(wanted, _compared(existing)):
            apply = partial(_update, api, existing, declared)
            changes.append(Change("automation", name, differing, apply))
    return changes


def _compared(automation: AutomationCore) -> dict[str, Any]:
    """Its fields without the ids that the server gives, and lists in one order.

    Prefect keeps the kinds of events as sets; of several actions, none depends on another.
    """
    fields = AutomationCore.model_validate(automation.model_dump()).model_dump(mode="json")
    return {name: _without_ids(value) for name, value in fields.items() if name != "owner_resource"}


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: _without_ids(each) for key, each in fields.items() if key != "id"}
    if isinstance(value, list):
        return sorted((_without_ids(each) for each in cast("list[Any]", value)), key=str)
    return value


async def _parsed(api: PrefectApi, declared: Mapping[str, Any]) -> AutomationCore:
    fields = {key: value for key, value in declared.items() if not key.startswith("actions")}
    for kind in ("actions", "actions_on_trigger", "actions_on_resolve"):
        fields[kind] = [await _with_id(api, action) for action in declared.get(kind, ())]
    try:
        return AutomationCore.model_validate(fields)
    except ValidationError as error:
        raise ConfigurationError(f"automation {declared.get('name')!r}: {error}") from error


async def _with_id(api: PrefectApi, action: Mapping[str, Any]) -> dict[str, Any]:
    if BLOCK not in action:
        return dict(action)
    kind, _, name = str(action[BLOCK]).partition("/")
    try:
        document = await api.client.read_block_document_by_name(name, kind)
    except ObjectNotFound:
        block_id = _UNKNOWN_BLOCK  # it is made before the automation is written
    else:
        block_id = str(document.id)
    return {
        **{key: value for key, value in action.items() if key != BLOCK},
        "block_document_id": block_id,
    }


async def _create(api: PrefectApi, declared: Mapping[str, Any]) -> None:
    await api.client.create_automation(await _parsed(api, declared))


async def _update(api: PrefectApi, existing: Automation, declared: Mapping[str, Any]) -> None:
    # The client sends only what was set; what is not declared has to go back to its default too.
    parsed = (await _parsed(api, declared)).model_dump(exclude={"owner_resource"})
    whole = AutomationCore.model_validate(parsed)
    await api.client.update_automation(existing.id, whole)
