from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StorageError
from providers.storage.money import MOST_USD, as_text, dollars, limit_nanodollars, nanodollars

amounts = st.decimals(min_value=0, max_value=MOST_USD, allow_nan=False, allow_infinity=False)


@given(usd=amounts)
def test_money_is_never_kept_as_less_and_limits_never_as_more(usd: Decimal) -> None:
    nano = Decimal("1e-9")
    assert usd <= dollars(nanodollars(usd)) < usd + nano
    assert usd - nano < dollars(limit_nanodollars(usd)) <= usd


@given(nano=st.integers(0, 10**18))
def test_whole_nanodollars_are_exact(nano: int) -> None:
    assert dollars(nano) * 10**9 == nano


@pytest.mark.parametrize("usd", ["NaN", "sNaN", "Infinity", "-0.01", "1000000.000000001"])
def test_what_is_no_price_is_refused(usd: str) -> None:
    with pytest.raises(StorageError, match=f"'{usd}' is not what a call can cost"):
        nanodollars(Decimal(usd))


@pytest.mark.parametrize(
    ("nano", "text"),
    [(0, "$0.00"), (1, "$0.000000001"), (1_200_000_000, "$1.20"), (1_234_500_000_000, "$1,234.50")],
)
def test_money_reads_as_people_write_it(nano: int, text: str) -> None:
    assert as_text(nano) == text
