"""Lends tools to members and tells what is overdue."""

from dataclasses import dataclass, field
from datetime import date, timedelta

LOAN_DAYS = 14
MOST_LOANS = 3


class LendingError(Exception):
    """A loan that the rules do not allow."""


@dataclass
class Loan:
    """One tool in one member's hands."""

    tool: str
    member: str
    lent_on: date
    returned_on: date | None = None

    @property
    def due_on(self) -> date:
        """The last day on which it is not overdue."""
        return self.lent_on + timedelta(days=LOAN_DAYS)

    def is_overdue(self, today: date) -> bool:
        """Say whether it should have been back before `today`."""
        if self.returned_on is not None:
            return False
        return today >= self.due_on


@dataclass
class Shed:
    """All tools, and who has them."""

    tools: set[str]
    loans: list[Loan] = field(default_factory=list[Loan])

    def open_loans(self, member: str) -> list[Loan]:
        """What a member has not brought back."""
        return [loan for loan in self.loans if loan.member == member and loan.returned_on is None]

    def lend(self, tool: str, member: str, today: date) -> Loan:
        """Give a tool to a member."""
        if tool not in self.tools:
            raise LendingError(f"there is no tool {tool!r}")
        for loan in self.loans:
            if loan.tool == tool and loan.returned_on is None:
                raise LendingError(f"{tool!r} is with {loan.member!r}")
        if len(self.open_loans(member)) >= MOST_LOANS:
            raise LendingError(f"{member!r} has {MOST_LOANS} tools already")
        loan = Loan(tool, member, today)
        self.loans.append(loan)
        return loan

    def give_back(self, tool: str, today: date) -> Loan:
        """Take a tool back."""
        for loan in self.loans:
            if loan.tool == tool and loan.returned_on is None:
                loan.returned_on = today
                return loan
        raise LendingError(f"{tool!r} is not lent")
