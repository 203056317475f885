"""Blocks made of variables of the environment: keys, and addresses to be told of things."""

from collections.abc import Iterator, Mapping
from typing import Any

from prefect.blocks.core import Block
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook
from pydantic import SecretStr

from core.errors import ConfigurationError
from core.settings import Settings, load_settings
from providers.llm.catalogue import open_catalogue
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.secret_blocks import default_block_name
from tasks.engine.secret_sources import environment_secrets, secret_blocks

_NOTIFICATION, _WEBHOOK = "custom-webhook", "webhook"
_ADDRESS = "address"
"""Secret of a notification's block; whoever knows the address of a chat may write there."""


def blocks_of_environment(
    webhooks: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]
) -> Iterator[tuple[str, Block]]:
    """Name and block of each secret and address that is set, itself or as a file (`…_FILE`).

    Secrets are put into blocks only where the settings say that they are looked up there.

    Args:
        webhooks: by `TYPE/NAME` the variable with each one's address, and further fields.
        environment: where addresses are.

    Raises:
        ConfigurationError: a setting or the catalogue is wrong, or a secret cannot be read.
    """
    settings = load_settings()
    if "prefect" in settings.secret_sources:
        yield from _secrets(settings)
    for place, declared in webhooks.items():
        if url := _address(declared, environment):
            yield place.partition("/")[2], _webhook(place, url, declared.get("fields", {}))


def _secrets(settings: Settings) -> Iterator[tuple[str, Block]]:
    secrets = environment_secrets()
    catalogue = open_catalogue(settings.catalogue, secrets.get)
    blocks = secret_blocks(catalogue)
    keys = (row.key_variable for row in catalogue if row.key_variable)
    for name in dict.fromkeys((*keys, *blocks)):
        if value := secrets.get(name):
            yield blocks.get(name) or default_block_name(name), Secret(value=SecretStr(value))


def absent_webhooks(
    webhooks: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]
) -> frozenset[str]:
    """Which webhooks have no address, by `TYPE/NAME`.

    Raises:
        ConfigurationError: a file that holds one cannot be read.
    """
    return frozenset(
        place for place, declared in webhooks.items() if not _address(declared, environment)
    )


def _address(declared: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    return EnvironmentSecrets(environment).get(declared["variable"])


def _webhook(place: str, url: str, fields: Mapping[str, Any]) -> Block:
    kind, _, name = place.partition("/")
    if kind == _NOTIFICATION:
        # Its URL is no secret to Prefect, which shows it to all who look at the block.
        hidden = {"url": f"{{{{{_ADDRESS}}}}}", "secrets": {_ADDRESS: url}}
        return CustomWebhookNotificationBlock.model_validate({"name": name, **hidden, **fields})
    if kind == _WEBHOOK:
        return Webhook.model_validate({"url": url, **fields})
    raise ConfigurationError(
        f"deployments/registration.yaml: webhook {place!r}: its type must be {_NOTIFICATION!r} or "
        f"{_WEBHOOK!r}"
    )
