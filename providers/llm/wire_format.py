"""What the formats on the wire share: lenient models, token counts, errors that quote the body."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from providers.llm.wire_errors import Caller, bounded

# Numbers beyond this are garbage, and count as not given.
ABSURD = 10**12


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 < value < ABSURD else 0


TokenCount = Annotated[int, BeforeValidator(_count)]
"""Tokens; 0 where the provider gives no number that makes sense."""


class WireModel(BaseModel):
    """Part of an answer: fields that nobody reads are ignored, whatever they hold."""

    model_config = ConfigDict(extra="ignore", frozen=True)


T = TypeVar("T")
WireT = TypeVar("WireT", bound=WireModel)


def read_wire(model: type[WireT], text: str | bytes, caller: Caller) -> WireT:
    """Read a body, or the data of one event of a stream.

    Raises:
        ProviderFailedError: it is not what the format says.
    """
    return read_wire_with(model.model_validate_json, text, caller)


def read_wire_with(validate: Callable[[str | bytes], T], text: str | bytes, caller: Caller) -> T:
    """The same, for what is no model.

    Args:
        validate: reads JSON, or raises `ValidationError`.
        text: what came in.
        caller: named in the error.

    Raises:
        ProviderFailedError: it is not what the format says.
    """
    try:
        return validate(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        shown = text if isinstance(text, str) else text[:2_000].decode(errors="replace")
        raise caller.failed(
            f"malformed answer: {f'{place}: ' if place else ''}{first['msg']}, "
            f"in {bounded(caller.quoted(shown), 200)!r}"
        ) from None
