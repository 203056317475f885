from datetime import UTC, datetime, timedelta

from providers.storage.calls import ModelOutcomes
from providers.storage.ledger import ERROR_CHARACTERS, UsageLedger
from tests.providers.storage.ledgers import call, reserve

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


async def answered(ledger: UsageLedger, model: str = "m") -> None:
    call_id = await reserve(ledger, call(model=model))
    await ledger.settle(call_id, outcome="answered")


async def failed(
    ledger: UsageLedger, error_class: str = "ProviderFailedError", error: str = "", model: str = "m"
) -> None:
    call_id = await reserve(ledger, call(model=model))
    await ledger.settle(call_id, outcome="failed", error_class=error_class, error=error)


async def only(ledger: UsageLedger) -> ModelOutcomes:
    (outcomes,) = await ledger.recent_outcomes(SINCE)
    return outcomes


async def test_a_model_nobody_heard_of_is_left_out(ledger: UsageLedger) -> None:
    await reserve(ledger)
    assert await ledger.recent_outcomes(SINCE) == []


async def test_failures_in_a_row_are_counted_until_an_answer(ledger: UsageLedger) -> None:
    await failed(ledger, error="502 from the gateway")
    await failed(ledger, "UnreachableError", "504: too late")
    outcomes = await only(ledger)
    assert (outcomes.failures, outcomes.last_error) == (2, "504: too late")
    assert outcomes.last_success is None
    assert outcomes.last_failure is not None
    assert datetime.now(UTC) - outcomes.last_failure < timedelta(minutes=1)
    await answered(ledger)
    await failed(ledger)
    outcomes = await only(ledger)
    assert outcomes.failures == 1
    assert outcomes.last_success is not None
    await answered(ledger)
    assert (await only(ledger)).failures == 0


async def test_failures_that_are_not_the_providers_say_nothing_of_it(ledger: UsageLedger) -> None:
    await failed(ledger)
    others = ("CancelledError", "StorageError", "RequestRefusedError", "AnswerError")
    for error_class in (*others, "ProviderBusyError"):
        await failed(ledger, error_class)
    assert (await only(ledger)).failures == 1


async def test_models_are_told_apart_and_old_news_is_left_out(ledger: UsageLedger) -> None:
    await failed(ledger, model="old")
    since = datetime.now(UTC)
    await failed(ledger, model="bad")
    await answered(ledger, model="good")
    assert [(each.model, each.failures) for each in await ledger.recent_outcomes(since)] == [
        ("bad", 1),
        ("good", 0),
    ]


async def test_an_errors_text_is_kept_so_far_as_a_database_can(ledger: UsageLedger) -> None:
    await failed(ledger, error="a\0b\ud800" + "c" * 2 * ERROR_CHARACTERS)
    (row,) = await ledger.calls("b-1")
    assert row.error == "a�b?" + "c" * (ERROR_CHARACTERS - 4)
    assert (await only(ledger)).last_error == row.error
