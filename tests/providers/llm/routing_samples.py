"""A small catalogue of made-up providers, and a router over it, for the tests of routing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.errors import ProviderFailedError
from core.settings import BreakerSettings, DemoMode
from providers.llm.breakers import Breakers
from providers.llm.catalogue import Catalogue, load_catalogue
from providers.llm.model_router import ModelRouter
from providers.llm.prices import PriceList
from providers.llm.stage_router import ModelChoice
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.call_statistics import ModelRecord

ROLES = ["planner", "writer", "reviewer", "coder", "debugger"]
DEMO_ROW: dict[str, Any] = {"name": "demo", "protocol": "demo", "key_required": False}


def model_row(name: str, **fields: Any) -> dict[str, Any]:
    """A model of 100,000 tokens that can do everything for 1 and 10 dollars a million tokens."""
    free = fields.get("free", False)
    price = {"input_usd": 1, "output_usd": 10, "as_of": "2026-01-01", "source": "made up"}
    return {
        "name": name,
        "wire_id": name,
        "roles": ROLES,
        "complexity": "high",
        "context_tokens": 100_000,
        "latency_seconds": 10,
        "reliability": 0.99,
        **({} if free else {"price": price}),
        **fields,
    }


def provider_row(name: str, *models: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A provider whose key is `<NAME>_KEY`."""
    return {
        "name": name,
        "protocol": "openai-compatible",
        "base_url": f"https://{name}.example/v1",
        "key_variable": f"{name.upper()}_KEY",
        "price_providers": [],
        "models": list(models),
        **fields,
    }


def catalogue_of(rows: Sequence[dict[str, Any]]) -> Catalogue:
    return load_catalogue([*rows, DEMO_ROW], EnvironmentSecrets({}).get)


def router_over(
    rows: Sequence[dict[str, Any]],
    *,
    keys: Mapping[str, str] | None = None,
    demo_mode: DemoMode = "auto",
    down: Sequence[ModelChoice] = (),
    records: Sequence[ModelRecord] = (),
    breakers: Breakers | None = None,
    longest_prompt: int = 100_000,
) -> ModelRouter:
    """A router over rows; every provider has its key unless `keys` says which have one."""
    if keys is None:
        keys = {row["key_variable"]: "k" for row in rows}
    catalogue = catalogue_of(rows)
    if breakers is None:
        breakers = Breakers(BreakerSettings(), None, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    for choice in down:
        for _ in range(3):
            breakers.failed(choice, ProviderFailedError("it answered 500"))
    return ModelRouter(
        catalogue,
        EnvironmentSecrets(keys),
        demo_mode,
        PriceList(catalogue),
        breakers,
        statistics=records,
        longest_prompt=longest_prompt,
    )
