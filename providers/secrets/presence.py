"""Which secrets are there, without taking any out."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from core.errors import AppBuilderError
from core.secrets import SecretSource

_LOOKUPS_AT_ONCE = 16


@dataclass(frozen=True)
class Lack:
    """Why a secret cannot be had.

    Attributes:
        reason: where it was looked for, or what went wrong there; fit for a message.
        failed: whether it may be there all the same, because a source could not be asked.
    """

    reason: str
    failed: bool = False


def lacking(source: SecretSource, names: Iterable[str]) -> Mapping[str, Lack]:
    """Which secrets cannot be had, and why; all are looked up at the same time.

    Args:
        source: where to look; usable from many threads at once.
        names: of the secrets.
    """

    def lack(name: str) -> Lack | None:
        try:
            found = source.get(name) is not None
        except AppBuilderError as error:
            return Lack(str(error), failed=True)
        return None if found else Lack(f"looked in {', '.join(source.places(name))}")

    wanted = tuple(dict.fromkeys(names))
    if not wanted:
        return {}
    with ThreadPoolExecutor(_LOOKUPS_AT_ONCE) as pool:
        # Each with the context of the caller: Prefect keeps there which server it talks to.
        asked = [pool.submit(copy_context().run, lack, name) for name in wanted]
    lacks = zip(wanted, (future.result() for future in asked), strict=True)
    return {name: lack for name, lack in lacks if lack is not None}
