"""Whether a call may be made: the maxima of calls and the limits of money."""

from dataclasses import dataclass
from decimal import Decimal

from core.errors import CallLimitError, SpendingLimitError
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger_accounts import BuildAccount, MonthAccount
from providers.storage.ledger_requests import Reservation
from providers.storage.money import as_text, limit_nanodollars

_START_AGAIN = "then start the build again"


def check_maxima(call: CallIdentity, maxima: CallMaxima, *, alike: int, in_build: int) -> None:
    """Refuse a call above a maximum of calls.

    Args:
        call: the call.
        maxima: of calls.
        alike: calls made about the same file, or in the same stage about no file.
        in_build: calls made for the build.

    Raises:
        CallLimitError: a maximum is reached.
    """
    build = f"build {call.build_id!r}"
    if call.file is None:
        whose, maximum = f"stage {call.stage!r} of {build}", maxima.per_stage
        setting = f"max_calls of stage {call.stage} in the stage table"
    else:
        whose, maximum = f"file {call.file!r} of {build}", maxima.per_file
        setting = "APP_BUILDER_CALLS__PER_FILE"
    _refuse_above(maximum, alike, whose, setting)
    _refuse_above(maxima.per_build, in_build, build, "APP_BUILDER_CALLS__PER_BUILD")


def _refuse_above(maximum: int, made: int, whose: str, setting: str) -> None:
    if made >= maximum:
        raise CallLimitError(
            f"{whose} has made {made} model calls, and its maximum over the build's life is "
            f"{maximum}; to allow more, raise {setting}, {_START_AGAIN}"
        )


@dataclass(frozen=True, slots=True)
class Purse:
    """Money that one limit holds together.

    Attributes:
        key: names it among all purses.
        whose: how an error names it, with the time it is for.
        account: what was spent and what is reserved.
        limit_usd: most that may be spent.
        setting: what to raise for more.
    """

    key: tuple[str, ...]
    whose: str
    account: BuildAccount | MonthAccount
    limit_usd: Decimal
    setting: str

    def has_room(self, estimate: int) -> bool:
        """Whether a call fits beside everything that is spent or reserved."""
        taken = self.account.cost_nanodollars + self.account.reserved_nanodollars
        return taken + estimate <= limit_nanodollars(self.limit_usd)

    def refuse_above(self, estimate: int) -> None:
        """Refuse a call that would not fit even if every reservation were released.

        Raises:
            SpendingLimitError: it would not.
        """
        spent = self.account.cost_nanodollars
        if spent + estimate > limit_nanodollars(self.limit_usd):
            raise SpendingLimitError(
                f"{self.whose} has spent {as_text(spent)}, this call could cost "
                f"{as_text(estimate)}, and the limit is ${self.limit_usd:f}; to allow it, raise "
                f"APP_BUILDER_SPENDING__{self.setting}, {_START_AGAIN}"
            )


def purses_of(
    asked: Reservation, build: BuildAccount, month: str, user: MonthAccount
) -> list[Purse]:
    """The purses that a call is paid from."""
    call = asked.call
    return [
        Purse(
            ("build", call.build_id),
            f"build {call.build_id!r}",
            build,
            asked.spending.per_build_usd,
            "PER_BUILD_USD",
        ),
        Purse(
            ("user", call.user, month),
            f"user {call.user!r} in {month} (UTC)",
            user,
            asked.spending.per_user_month_usd,
            "PER_USER_MONTH_USD",
        ),
    ]


def check_call(asked: Reservation) -> None:
    """Refuse a call that costs more than any one call may.

    Raises:
        SpendingLimitError: it does.
    """
    limit = asked.spending.per_call_usd
    if asked.estimate > limit_nanodollars(limit):
        call = asked.call
        raise SpendingLimitError(
            f"a call of stage {call.stage!r} of build {call.build_id!r} to {call.provider}/"
            f"{call.model} could cost {as_text(asked.estimate)}, and the limit of one call is "
            f"${limit:f}; to allow it, raise APP_BUILDER_SPENDING__PER_CALL_USD, {_START_AGAIN}"
        )
