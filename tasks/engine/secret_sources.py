"""Where this process finds its keys, as the settings say."""

from collections.abc import Callable, Mapping
from pathlib import Path

from prefect.settings import PREFECT_API_URL

from core.secrets import SecretSource
from core.settings import Settings
from providers.llm.catalogue import Catalogue
from providers.secrets.cached import CachedSecrets
from providers.secrets.chain import SecretChain
from providers.secrets.environment import EnvironmentSecrets
from providers.vcs.github_secrets import SECRET_BLOCKS
from tasks.engine.secret_blocks import SecretBlocks


def environment_secrets() -> EnvironmentSecrets:
    """Variables of this process: its environment, and a `.env` file in the current folder."""
    return EnvironmentSecrets(env_file=Path(".env"))


def blocks_come_later(settings: Settings) -> bool:
    """Whether keys may be in blocks of a Prefect server that a build would have to start first."""
    return "prefect" in settings.secret_sources and not PREFECT_API_URL.value()


class UncheckedBlocks:
    """Stands, in a plan, for blocks that cannot be read yet: any secret may be there."""

    def places(self, name: str) -> tuple[str, ...]:
        """Where it may be."""
        return (f"a Prefect secret block for {name}",)

    def get(self, name: str) -> str | None:
        """A text that is no secret; a plan sends none."""
        return f"{name} is not looked up"


def secret_chain(
    settings: Settings,
    catalogue: Catalogue,
    environment: SecretSource,
    blocks: SecretSource | None = None,
) -> SecretChain:
    """Where keys are looked up, in the order of the setting `secret_sources`.

    AWS and the Prefect server are asked over the network, so what they say is kept for a while;
    nothing is asked before the first lookup.

    Args:
        settings: the operator's settings.
        catalogue: says which secret block belongs to which key.
        environment: the source called `environment`.
        blocks: the source called `prefect`; default: blocks of the Prefect server in use.
    """
    sources: Mapping[str, Callable[[], SecretSource]] = {
        "environment": lambda: environment,
        "aws": lambda: _aws(settings),
        "prefect": lambda: blocks or CachedSecrets(SecretBlocks(secret_blocks(catalogue))),
    }
    return SecretChain(sources[name]() for name in dict.fromkeys(settings.secret_sources))


def _aws(settings: Settings) -> SecretSource:
    from providers.secrets.aws import AwsSecrets  # slow to load, and few look there

    return CachedSecrets(AwsSecrets(settings.aws_secret_prefix))


def secret_blocks(catalogue: Catalogue) -> dict[str, str]:
    """Names of secret blocks by names of secrets, where the catalogue or GitHub names them."""
    keys = {
        row.key_variable: row.key_block for row in catalogue if row.key_variable and row.key_block
    }
    return keys | SECRET_BLOCKS
