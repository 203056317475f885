"""What a call may cost and what it did cost, in US dollars.

Prices come from the kept library `genai-prices`, whose data is part of the package, where it knows
a provider and the model's id on its wire; else from the dated price in the catalogue. The library
knows prices that depend on the size of the prompt, on the time of day and on the day from which
they hold.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    Usage,
)

from core.errors import ConfigurationError
from providers.llm.catalogue import Catalogue, ModelRow, Price

_PER_PRICE = 1_000_000
"""Tokens that a price of the catalogue is for."""
_LONGEST_CALL = timedelta(days=1)
"""A price that begins later than this cannot concern a call that begins now."""


def _now() -> datetime:
    return datetime.now(UTC)


class PriceList:
    """Prices of every model of a catalogue.

    Args:
        catalogue: the providers, which say where their prices are known and which models are free.
        clock: the time of a call, with its zone; some prices depend on it.
    """

    def __init__(self, catalogue: Catalogue, *, clock: Callable[[], datetime] = _now) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[ModelInfo, ...]] = {}

    def require(self, provider: str, model: ModelRow) -> None:
        """See that it is known what a model costs.

        Args:
            provider: its provider's name in the catalogue.
            model: the model's row.

        Raises:
            ConfigurationError: it is not, and the model is not free; says what to write where.
            InputError: the catalogue has no such provider.
        """
        if not (model.free or self._library(provider, model)):
            self._listed_price(provider, model)

    def is_assumed(self, provider: str, model: ModelRow) -> bool:
        """Whether a model's costs rest on another provider's price, its own being unknown."""
        listed = not (model.free or self._library(provider, model))
        return listed and model.price is not None and model.price.assumed

    def worst_case(
        self, provider: str, model: ModelRow, input_tokens: int, max_output_tokens: int
    ) -> Decimal:
        """The most a call may cost that begins now and has at most these tokens.

        No `cost` of the call is above it, whatever part of the prompt the provider has in its
        cache, and whichever tier, time of day or new price it ends up in.

        Raises:
            ConfigurationError: as `require`.
        """
        if model.free:
            return Decimal(0)
        prices = [
            price
            for known in self._library(provider, model)
            for price in _possible_prices(known, self._clock())
        ]
        if prices:
            return max(_most(price, input_tokens, max_output_tokens) for price in prices)
        return _listed(self._listed_price(provider, model), input_tokens, max_output_tokens)

    def cost(
        self,
        provider: str,
        model: ModelRow,
        input_tokens: int,
        output_tokens: int,
        *,
        cached_input_tokens: int = 0,
    ) -> Decimal:
        """What a call that ends now costs.

        Args:
            provider: its provider's name in the catalogue.
            model: the model's row.
            input_tokens: tokens of the whole prompt.
            output_tokens: tokens of the answer, those of thinking included.
            cached_input_tokens: how many of the prompt's the provider read from its cache; where
                that is not known, the cost is an upper bound.

        Raises:
            ConfigurationError: as `require`.
        """
        if model.free:
            return Decimal(0)
        known = self._library(provider, model)
        if known:
            at = self._clock()
            cached = min(cached_input_tokens, input_tokens)
            usage = _usage(input_tokens, cached, output_tokens)
            return max(info.get_prices(at).calc_price(usage)["total_price"] for info in known)
        return _listed(self._listed_price(provider, model), input_tokens, output_tokens)

    def _listed_price(self, provider: str, model: ModelRow) -> Price:
        if model.price is not None:
            return model.price
        asked = ", ".join(self._catalogue[provider].price_providers) or "no provider"
        raise ConfigurationError(
            f"it is not known what {provider}/{model.name} costs: genai-prices has no price of "
            f"{model.wire_id!r} under {asked}, and the catalogue has none; name another model, or "
            f"give this one an entry in the row {provider!r} of the file that "
            f"APP_BUILDER_CATALOGUE names: [[providers.models]] with name = {model.name!r}, "
            f"wire_id = {model.wire_id!r} and price = {{ input_usd = …, output_usd = …, as_of = …, "
            "source = … }, in US dollars for a million tokens, or free = true if it costs nothing"
        )

    def _library(self, provider: str, model: ModelRow) -> tuple[ModelInfo, ...]:
        """What the library knows of a model, one entry for each provider that may answer."""
        key = (provider, model.wire_id)
        if key not in self._known:
            ids = self._catalogue[provider].price_providers
            found = (_look_up(price_provider, model.wire_id) for price_provider in ids)
            self._known[key] = tuple(info for info in found if info is not None)
        return self._known[key]


def _look_up(price_provider: str, wire_id: str) -> ModelInfo | None:
    try:
        provider, model = get_snapshot().find_provider_model(wire_id, None, price_provider, None)
    except LookupError:
        return None
    # The library also takes what looks like a provider's name; a price must be the very one's.
    if provider.id != price_provider or not all(map(_is_whole, _all_prices(model))):
        return None
    return model


def _all_prices(model: ModelInfo) -> list[ModelPrice]:
    if isinstance(model.prices, ModelPrice):
        return [model.prices]
    return [conditional.prices for conditional in model.prices]


def _is_whole(price: ModelPrice) -> bool:
    """Whether it prices both halves of a call; entries for speech or with no price do not."""
    return price.input_mtok is not None and price.output_mtok is not None


def _possible_prices(model: ModelInfo, at: datetime) -> Iterator[ModelPrice]:
    """Every price that may hold between now and the end of the longest call.

    As in the library, the last price in the list whose condition holds is the one.
    """
    if isinstance(model.prices, ModelPrice):
        yield model.prices
        return
    for conditional in reversed(model.prices):
        if _begins_by(conditional, at + _LONGEST_CALL):
            yield conditional.prices
        if _holds_all_day(conditional) and _begins_by(conditional, at):
            return
    yield model.prices[0].prices  # the library's choice where no condition holds


def _begins_by(conditional: ConditionalPrice, at: datetime) -> bool:
    constraint = conditional.constraint
    return not isinstance(constraint, StartDateConstraint) or constraint.active(at)


def _holds_all_day(conditional: ConditionalPrice) -> bool:
    return conditional.constraint is None or isinstance(conditional.constraint, StartDateConstraint)


def _most(price: ModelPrice, input_tokens: int, output_tokens: int) -> Decimal:
    """The dearest call of at most these tokens.

    Within a tier the cost is linear in the prompt's tokens and in those of them that were cached,
    so it is dearest where the tier ends, with nothing cached or everything.
    """
    sizes = {
        input_tokens,
        *(start for start in _tier_starts(price) if start < input_tokens),
    }
    return max(
        price.calc_price(_usage(size, cached, output_tokens))["total_price"]
        for size in sizes
        for cached in {0, size}
    )


def _tier_starts(price: ModelPrice) -> Iterator[int]:
    for part in (price.input_mtok, price.cache_read_mtok, price.output_mtok):
        if isinstance(part, TieredPrices):
            yield from (tier.start for tier in part.tiers)


def _usage(input_tokens: int, cached_input_tokens: int, output_tokens: int) -> Usage:
    return Usage(
        input_tokens=input_tokens,
        cache_read_tokens=cached_input_tokens,
        output_tokens=output_tokens,
    )


def _listed(price: Price, input_tokens: int, output_tokens: int) -> Decimal:
    return (price.input_usd * input_tokens + price.output_usd * output_tokens) / _PER_PRICE
