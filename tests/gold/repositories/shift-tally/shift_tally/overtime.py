"""Says how many minutes of a week are overtime, and what is carried over."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WeekBalance:
    """A week against its contract.

    Attributes:
        week: such as `2025-W14`.
        worked: minutes worked.
        difference: minutes above the contract; negative where they are below.
        balance: the sum of the differences up to this week.
    """

    week: str
    worked: int
    difference: int
    balance: int


def balances(weeks: Mapping[str, int], contract: int) -> list[WeekBalance]:
    """Hold each week against the contract, and carry the difference over.

    Args:
        weeks: minutes worked by ISO week, in order.
        contract: minutes that a week should have.

    Raises:
        ValueError: the contract is negative.
    """
    if contract < 0:
        raise ValueError(f"a week cannot have {contract} minutes; use 0 or more")
    found: list[WeekBalance] = []
    balance = 0
    for week, worked in weeks.items():
        difference = worked - contract
        balance += difference
        found.append(WeekBalance(week, worked, difference, balance))
    return found
