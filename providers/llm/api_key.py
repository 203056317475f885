"""The key of one provider: given for each call, and looked up anew where it was refused."""

import asyncio
import logging

from core.errors import AppBuilderError
from core.redaction import Redaction
from core.secrets import NotAtHandError, RefreshableSecrets, SecretSource

_log = logging.getLogger(__name__)


class ApiKey:
    """Gives a key without ever blocking the event loop: what is not at hand, a thread looks up.

    Used within one event loop.

    Args:
        secrets: where the key is.
        variable: its name; `None` for a provider that takes none.
        redaction: told of every key that is given.
    """

    def __init__(
        self, secrets: SecretSource, variable: str | None, redaction: Redaction | None = None
    ) -> None:
        self._secrets = secrets
        self._refreshable = secrets if isinstance(secrets, RefreshableSecrets) else None
        self._variable = variable
        self._redaction = redaction or Redaction()
        self._renewing = asyncio.Lock()
        self._renewals = 0

    async def current(self) -> str | None:
        """The key as it is now, or `None` where there is none.

        Raises:
            ConfigurationError, StorageError: as the source.
        """
        return self._given(await self._looked_up())

    async def other_than(self, refused: str) -> str | None:
        """Another key than the one that was just refused; `None` if the source has no other.

        The source is asked even where it answers from memory, once for all calls that were refused
        together. If it cannot be asked, that is logged, and there is no other.
        """
        renewals = self._renewals
        async with self._renewing:
            try:
                key = await self._looked_up()
                if key == refused and renewals == self._renewals:
                    key = await self._asked_again()
            except AppBuilderError as error:
                _log.warning("%s was refused; a look for another: %s", self._variable, error)
                return None
        return None if key == refused else self._given(key)

    async def _looked_up(self) -> str | None:
        secrets, variable = self._secrets, self._variable
        if variable is None:
            return None
        if self._refreshable is not None:
            try:
                return self._refreshable.at_hand(variable)
            except NotAtHandError:
                pass
        return await asyncio.to_thread(secrets.get, variable)

    async def _asked_again(self) -> str | None:
        secrets, variable = self._secrets, self._variable
        if variable is None:
            return None
        ask = secrets.get if self._refreshable is None else self._refreshable.refresh
        try:
            return await asyncio.to_thread(ask, variable)
        finally:
            self._renewals += 1

    def _given(self, key: str | None) -> str | None:
        if key is not None:
            self._redaction.add(key)
        return key
