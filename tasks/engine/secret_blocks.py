"""Secrets from Prefect's secret blocks."""

from collections.abc import Mapping

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from core.errors import ConfigurationError, StorageError

REQUEST_SECONDS = 5.0
RETRIES = 1
_BLOCK_TYPE = "secret"


def default_block_name(name: str) -> str:
    """The block of a secret that no other is named for: `deepseek-api-key`."""
    return name.lower().replace("_", "-")


class SecretBlocks:
    """A `SecretSource` that reads blocks of the type Secret from the Prefect server in use.

    Each `get` is a request over the network, made in the calling thread, whether an event loop runs
    there or not; usable from many threads at once.

    Args:
        blocks: names of blocks by names of secrets, where they are not `default_block_name`.
    """

    def __init__(self, blocks: Mapping[str, str] | None = None) -> None:
        self._blocks = dict(blocks or {})

    def __repr__(self) -> str:
        return f"SecretBlocks({self._blocks!r})"

    def places(self, name: str) -> tuple[str, ...]:
        """The name of the block."""
        return (f"Prefect secret block {self._block(name)}",)

    def get(self, name: str) -> str | None:
        """The secret, without surrounding whitespace; `None` if there is none, or a blank one.

        Raises:
            ConfigurationError: no Prefect server is configured, it denies access, or the block
                holds no text.
            StorageError: the server cannot be reached, or is in trouble.
        """
        block = self._block(name)
        url = PREFECT_API_URL.value()
        if not url:  # Prefect would start a server of its own, with no blocks in it
            raise ConfigurationError(
                f"secret block {block!r}: no Prefect API is configured; set PREFECT_API_URL, or "
                "take 'prefect' out of APP_BUILDER_SECRET_SOURCES"
            )
        # Not Secret.load(): it turns a text like "12345" into a number.
        try:
            with (
                temporary_settings({PREFECT_CLIENT_MAX_RETRIES: RETRIES}),
                get_client({"timeout": REQUEST_SECONDS}, sync_client=True) as client,
            ):
                document = client.read_block_document_by_name(block, _BLOCK_TYPE)
        except ObjectNotFound:
            return None
        except PrefectHTTPStatusError as error:
            status = error.response.status_code
            if status < 500:
                raise ConfigurationError(
                    f"secret block {block!r}: the Prefect API at {url!r} answers HTTP {status}; "
                    "check PREFECT_API_AUTH_STRING or PREFECT_API_KEY"
                ) from None
            raise StorageError(
                f"secret block {block!r}: the Prefect API at {url!r} answers HTTP {status}"
            ) from None
        except Exception as error:  # of the HTTP library, and what cannot be parsed
            # Not quoted: what could not be parsed may be the secret.
            raise StorageError(
                f"secret block {block!r}: the Prefect API at {url!r} does not answer "
                f"({type(error).__name__}); is the server running?"
            ) from None
        value = document.data.get("value")
        if not isinstance(value, str):
            raise ConfigurationError(f"secret block {block!r} holds no text; save the key as text")
        return value.strip() or None

    def _block(self, name: str) -> str:
        return self._blocks.get(name) or default_block_name(name)
