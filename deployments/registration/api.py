"""Prefect's REST API, as far as registering needs it, with plain JSON in and out."""

from typing import Any, cast

from prefect.client.orchestration import PrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from core.errors import ConfigurationError

_NOT_FOUND = 404


class PrefectApi:
    """Reads and writes what the server keeps.

    Args:
        client: an open client of the server.
    """

    def __init__(self, client: PrefectClient) -> None:
        self.client = client

    async def find(self, path: str) -> dict[str, Any] | None:
        """What is at a path; `None` where there is nothing.

        Raises:
            ConfigurationError: the server answers otherwise.
        """
        try:
            return await self._send("GET", path)
        except PrefectHTTPStatusError as error:
            if error.response.status_code == _NOT_FOUND:
                return None
            raise _refused("GET", path, error) from None

    async def list_all(self, path: str) -> list[dict[str, Any]]:
        """Everything that a filter without conditions finds.

        Raises:
            ConfigurationError: the server answers otherwise.
        """
        return await self._sent("POST", path, {})

    async def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create something, or write it anew where the path does that.

        Raises:
            ConfigurationError: the server refuses it.
        """
        return await self._sent("POST", path, body)

    async def change(self, path: str, body: dict[str, Any]) -> None:
        """Change what is at a path.

        Raises:
            ConfigurationError: the server refuses it.
        """
        await self._sent("PATCH", path, body)

    async def _sent(self, method: str, path: str, body: dict[str, Any]) -> Any:
        try:
            return await self._send(method, path, body)
        except PrefectHTTPStatusError as error:
            raise _refused(method, path, error) from None

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        # The client lists the paths it uses itself; the server has more.
        answer = await self.client.request(cast("Any", method), cast("Any", path), json=body)
        return answer.json() if answer.content else None


def _refused(method: str, path: str, error: PrefectHTTPStatusError) -> ConfigurationError:
    return ConfigurationError(
        f"the Prefect server answers {error.response.status_code} to {method} {path}: "
        f"{error.response.text[:2_000]}"
    )
