"""What a call has to pass before it may be made: a place for each limit that applies to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Rates:
    """What a provider or a model lets pass in a minute; None or 0 is any number."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One limit and how much of it one call needs.

    Attributes:
        key: what is limited, for example `model:openai/gpt-4o:requests`; the same for everybody
            who shares the limit.
        limit: units that may pass in any minute; None or 0 is any number.
        weight: units this call needs: 1 request, or its estimated tokens.
    """

    key: str
    limit: int | None
    weight: int = 1

    def __post_init__(self) -> None:
        if (self.limit or 0) < 0 or self.weight < 0:
            raise ConfigurationError(
                f"rate limit {self.key!r}: {self.weight!r} of {self.limit!r} a minute; "
                "neither may be negative, and 0 is any number"
            )

    @property
    def most(self) -> int:
        """The limit; 0 is any number."""
        return self.limit or 0

    @property
    def units(self) -> int:
        """What the call takes: a weight above the limit is the whole limit.

        So the largest call passes too, alone in its minute, instead of never.
        """
        return min(self.weight, self.most)


def places_of_call(
    *,
    user: str,
    user_calls_per_minute: int | None,
    provider: str,
    provider_rates: Rates,
    model: str,
    model_rates: Rates,
    tokens: int,
) -> tuple[Place, ...]:
    """Every limit that one call of a model has to pass.

    Args:
        user: who the call is made for.
        user_calls_per_minute: calls of one user; None or 0 is any number.
        provider: the provider's name in the catalogue.
        provider_rates: limits of everything asked of the provider.
        model: the model's id on the provider's wire: the vendor counts by it, whatever names lead
            to it.
        model_rates: limits of the model at this provider.
        tokens: the call's estimated tokens, prompt and answer.
    """
    scopes = ((f"provider:{provider}", provider_rates), (f"model:{provider}/{model}", model_rates))
    places = [Place(f"user:{user}", user_calls_per_minute)]
    for scope, rates in scopes:
        places.append(Place(f"{scope}:requests", rates.requests_per_minute))
        places.append(Place(f"{scope}:tokens", rates.tokens_per_minute, tokens))
    return limited(places)


def limited(places: Iterable[Place]) -> tuple[Place, ...]:
    """The places that have a limit and of which the call takes something.

    Raises:
        ConfigurationError: two of them have the same key.
    """
    left = tuple(place for place in places if place.units)
    keys = [place.key for place in left]
    if len(set(keys)) < len(keys):
        raise ConfigurationError(f"rate limits of one call: a key stands twice in {keys!r}")
    return left
