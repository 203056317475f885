"""Weeks are held against the contract, and differences are carried over."""

import pytest

from shift_tally.overtime import WeekBalance, balances


def test_carries_differences_over() -> None:
    weeks = {"2025-W14": 2500, "2025-W15": 2300}
    assert balances(weeks, 2400) == [
        WeekBalance("2025-W14", 2500, 100, 100),
        WeekBalance("2025-W15", 2300, -100, 0),
    ]


def test_refuses_a_negative_contract() -> None:
    assert balances({"2025-W14": 10}, 0)[0].balance == 10
    with pytest.raises(ValueError, match="cannot have -1 minutes"):
        balances({}, -1)
