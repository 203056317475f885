"""What keeps a provider from being asked, and whether the demo model stands in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.secrets import SecretSource
from core.settings import DemoMode
from providers.llm.catalogue import DEMO, ProviderRow
from providers.secrets.presence import lacking


@dataclass(frozen=True)
class ProviderLack:
    """Why a provider cannot be asked; as text, fit for a message.

    Attributes:
        variable: what is not set; empty where setting something does not help.
        reason: where it was looked for, or what went wrong there.
        failed: whether it may be set all the same, because a source could not be asked.
    """

    variable: str
    reason: str
    failed: bool = False

    def __str__(self) -> str:
        if not self.variable:
            return self.reason
        state = "could not be looked up" if self.failed else "is not set"
        return f"{self.variable} {state}: {self.reason}"


def provider_lacks(
    rows: Iterable[ProviderRow], secrets: SecretSource
) -> dict[str, ProviderLack | None]:
    """What each provider lacks, by name; the keys of all are looked up at the same time."""
    lacks: dict[str, ProviderLack | None] = {}
    keys: dict[str, str] = {}
    for row in rows:
        lacks[row.name] = _lack_in_row(row)
        if lacks[row.name] is None and row.key_required and row.key_variable:
            keys[row.name] = row.key_variable
    missing = lacking(secrets, keys.values())
    for name, variable in keys.items():
        if lack := missing.get(variable):
            lacks[name] = ProviderLack(variable, lack.reason, lack.failed)
    return lacks


def demo_stands_in(demo_mode: DemoMode, lacks: Mapping[str, ProviderLack | None]) -> bool:
    """Whether the demo model answers in place of all others.

    Where a key could not be looked up, it may be there: no reason for the demo.
    """
    others = [lack for name, lack in lacks.items() if name != DEMO]
    unusable = all(lack is not None and not lack.failed for lack in others)
    return demo_mode == "forced" or (demo_mode == "auto" and unusable)


def _lack_in_row(row: ProviderRow) -> ProviderLack | None:
    if not row.enabled:
        return ProviderLack("", "it is switched off in the catalogue")
    if row.gone:
        return ProviderLack("", row.gone)
    if row.protocol != DEMO and not row.base_url:
        return ProviderLack(row.base_url_variable or "", "it has no default")
    return None
