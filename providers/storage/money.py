"""Money as the usage ledger keeps it: whole nano-dollars, which add up exactly."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation

from core.errors import StorageError

MOST_USD = Decimal(1_000_000)
"""Most that one call can be said to cost; sums of such stay far below what a database counts to."""

_DIGITS = 9
_EXACT = Context(prec=60, rounding=ROUND_CEILING)


def nanodollars(usd: Decimal) -> int:
    """US dollars as nano-dollars; a part of one counts as a whole one, so no limit is overrun.

    Raises:
        StorageError: it is negative, above `MOST_USD`, or no number.
    """
    try:
        is_money = 0 <= usd <= MOST_USD
    except InvalidOperation:  # a comparison with not-a-number
        is_money = False
    if not is_money:
        raise StorageError(
            f"usage ledger: {str(usd)!r} is not what a call can cost; "
            f"it must be from 0 to {MOST_USD} US dollars"
        )
    return int(usd.scaleb(_DIGITS, _EXACT).to_integral_value(ROUND_CEILING, _EXACT))


def limit_nanodollars(usd: Decimal) -> int:
    """A limit in nano-dollars; a part of one is left out, so that no more is ever allowed."""
    return int(usd.scaleb(_DIGITS, _EXACT).to_integral_value(ROUND_FLOOR, _EXACT))


def dollars(nano: int) -> Decimal:
    """Nano-dollars as US dollars, exactly."""
    return Decimal(nano).scaleb(-_DIGITS, _EXACT)


def as_text(nano: int) -> str:
    """Nano-dollars as people read money, with at least two decimals: `$1.20`, `$0.000012`."""
    whole, _, decimals = f"{dollars(nano):f}".partition(".")
    return f"${int(whole):,}.{decimals.rstrip('0'):0<2}"
