"""The providers of a run, built when first asked for, over one HTTP client."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from core.errors import ConfigurationError
from core.redaction import Redaction
from core.secrets import SecretSource
from providers.llm.anthropic import AnthropicProvider
from providers.llm.api_key import ApiKey
from providers.llm.catalogue import DEMO, Catalogue, ModelRow, ProviderRow, WireProtocol
from providers.llm.gemini import GeminiProvider
from providers.llm.http_client import HttpClient
from providers.llm.http_provider import HttpProvider
from providers.llm.huggingface import HuggingFaceProvider
from providers.llm.openai_compatible import OpenAICompatibleProvider
from providers.llm.provider import LLMProvider

PROVIDER_CLASSES: Mapping[WireProtocol, type[HttpProvider]] = {
    "openai-compatible": OpenAICompatibleProvider,
    "anthropic": AnthropicProvider,
    "gemini": GeminiProvider,
    "huggingface": HuggingFaceProvider,
}
"""The class that speaks each protocol over HTTP."""


class ProviderPool:
    """Gives the provider of each name, one instance each; owns the HTTP client.

    An async context manager; used within one event loop.

    Args:
        catalogue: the providers there are.
        secrets: where their keys are.
        client: used instead of a client of its own, and then not closed here.
        redaction: told of every key that a provider is given.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        secrets: SecretSource,
        *,
        client: HttpClient | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._secrets = secrets
        self._owns_client = client is None
        self._client = client or HttpClient()
        self._redaction = redaction or Redaction()
        self._providers: dict[str, LLMProvider] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._owns_client:
            await self._client.close()

    def provider(self, name: str) -> LLMProvider:
        """The provider called `name`.

        Raises:
            InputError: the catalogue has none of this name.
            ConfigurationError: nobody said where it answers.
        """
        if name not in self._providers:
            self._providers[name] = self._built(self._catalogue[name])
        return self._providers[name]

    def row(self, name: str) -> ProviderRow:
        """What is known of a provider.

        Raises:
            InputError: the catalogue has none of this name.
        """
        return self._catalogue[name]

    def model(self, provider: str, name: str) -> ModelRow:
        """What is known of a provider's model.

        Raises:
            InputError: the catalogue has no such provider.
        """
        return self._catalogue[provider].model(name)

    def _built(self, row: ProviderRow) -> LLMProvider:
        if row.protocol == DEMO:
            # Loaded only where it answers: it brings the templates of a whole application.
            from providers.llm.demo.provider import DemoProvider

            return DemoProvider()
        if not row.base_url:
            raise ConfigurationError(
                f"provider {row.name!r} has no URL; set {row.base_url_variable}, "
                "for example to http://127.0.0.1:8080/v1"
            )
        key = ApiKey(self._secrets, row.key_variable, self._redaction)
        return PROVIDER_CLASSES[row.protocol](row, api_key=key, client=self._client)
