"""The thread that commits for all: who asks is answered, whatever becomes of the others."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from core.errors import CallLimitError, StorageError
from providers.storage import ledger_writer
from providers.storage.calls import CallOutcome
from providers.storage.ledger_requests import Request, Reservation, Result, Settlement, Waits
from providers.storage.ledger_writer import LedgerWriter
from tests.providers.storage.ledgers import RICH, WIDE, call

RESERVATION = Reservation(call(), WIDE, RICH, estimate=1, seconds=60)


def settlement(call_id: int) -> Settlement:
    return Settlement(call_id, CallOutcome.ANSWERED)


class Commits:
    """Answers by a rule, as a database would, when the gate is open."""

    def __init__(self) -> None:
        self.batches: list[list[Request]] = []
        self.expired: list[bool] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.rule: Callable[[Request], Result] = lambda _: 1

    def __call__(self, requests: Sequence[Request], expire: bool) -> list[Result]:
        self.entered.set()
        self.gate.wait()
        self.batches.append(list(requests))
        self.expired.append(expire)
        return [self.rule(request) for request in requests]


@pytest.fixture
def commits() -> Commits:
    return Commits()


@pytest.fixture
def writer(commits: Commits) -> Iterator[LedgerWriter]:
    writer = LedgerWriter(commits)
    yield writer
    commits.gate.set()
    writer.close()


async def settled(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


async def test_what_is_asked_meanwhile_is_committed_together_and_in_order(
    writer: LedgerWriter, commits: Commits
) -> None:
    commits.rule = lambda asked: asked.call_id if isinstance(asked, Settlement) else 0
    commits.gate.clear()
    asked = [asyncio.create_task(writer.ask(settlement(number))) for number in range(20)]
    await asyncio.sleep(0.05)
    commits.gate.set()
    assert await asyncio.gather(*asked) == list(range(20))
    assert len(commits.batches) <= 2
    assert [one for batch in commits.batches for one in batch] == [
        settlement(number) for number in range(20)
    ]


async def test_one_that_is_refused_does_not_touch_the_others(
    writer: LedgerWriter, commits: Commits
) -> None:
    refusal = CallLimitError("no more")
    commits.rule = lambda asked: refusal if asked == settlement(2) else 7
    results = await asyncio.gather(
        *(writer.ask(settlement(number)) for number in range(4)), return_exceptions=True
    )
    assert results == [7, 7, refusal, 7]


@pytest.mark.parametrize("error", [StorageError("disk full"), KeyError("a bug")])
async def test_a_commit_that_fails_is_told_to_everyone_and_the_thread_goes_on(
    writer: LedgerWriter, commits: Commits, error: Exception
) -> None:
    def fail(_: Request) -> Result:
        raise error

    commits.rule = fail
    results = await asyncio.gather(
        *(writer.ask(settlement(number)) for number in range(3)), return_exceptions=True
    )
    assert results == [error] * 3
    commits.rule = lambda _: 1
    assert await writer.ask(settlement(1)) == 1


async def test_one_that_waits_is_tried_again_in_front_and_with_a_look_for_what_expired(
    writer: LedgerWriter, commits: Commits
) -> None:
    commits.rule = lambda asked: Waits() if asked is RESERVATION else 1
    waiting = asyncio.create_task(writer.ask(RESERVATION))
    await settled(lambda: len(commits.batches) > 2)
    assert commits.expired[0] is False
    assert all(commits.expired[1:])
    await writer.ask(settlement(1))
    await settled(lambda: any(len(batch) == 2 for batch in commits.batches))
    assert [RESERVATION, settlement(1)] in commits.batches
    commits.rule = lambda _: 5
    assert await waiting == 5


async def test_one_that_waits_is_dropped_when_its_caller_is_cancelled(
    writer: LedgerWriter, commits: Commits
) -> None:
    commits.rule = lambda _: Waits()
    waiting = asyncio.create_task(writer.ask(RESERVATION))
    await settled(lambda: bool(commits.batches))
    waiting.cancel()
    await asyncio.wait({waiting})
    commits.rule = lambda _: 1
    await writer.ask(settlement(1))
    assert commits.batches[-1] == [settlement(1)]


async def test_a_settlement_is_committed_although_its_caller_is_cancelled(
    writer: LedgerWriter, commits: Commits
) -> None:
    commits.gate.clear()
    busy = asyncio.create_task(writer.ask(settlement(1)))
    await settled(commits.entered.is_set)
    paid, unmade = (
        asyncio.create_task(writer.ask(asked)) for asked in (settlement(2), RESERVATION)
    )
    await asyncio.sleep(0)  # both are asked
    paid.cancel()
    unmade.cancel()
    await asyncio.wait({paid, unmade})
    commits.gate.set()
    assert await busy == 1
    await settled(lambda: len(commits.batches) == 2)
    assert commits.batches == [[settlement(1)], [settlement(2)]]


async def test_a_settlement_that_fails_when_nobody_waits_any_more_is_logged(
    writer: LedgerWriter, commits: Commits, caplog: pytest.LogCaptureFixture
) -> None:
    commits.rule = lambda _: StorageError("disk full")
    commits.gate.clear()
    asked = asyncio.create_task(writer.ask(settlement(1)))
    await settled(commits.entered.is_set)
    asked.cancel()
    await asyncio.wait({asked})
    commits.gate.set()
    await settled(lambda: "disk full" in caplog.text)


async def test_a_reservation_committed_for_a_cancelled_caller_is_taken_back(
    writer: LedgerWriter, commits: Commits
) -> None:
    commits.rule = lambda asked: 42 if asked is RESERVATION else 1
    commits.gate.clear()
    asked = asyncio.create_task(writer.ask(RESERVATION))
    await settled(commits.entered.is_set)
    asked.cancel()
    await asyncio.wait({asked})
    commits.gate.set()
    release = Settlement(42, CallOutcome.FAILED, error_class="CancelledError")
    await settled(lambda: [release] in commits.batches)


async def test_closing_commits_what_was_asked_and_refuses_what_waits(
    writer: LedgerWriter, commits: Commits
) -> None:
    commits.rule = lambda asked: Waits() if asked is RESERVATION else 1
    waiting = asyncio.create_task(writer.ask(RESERVATION))
    asked = asyncio.create_task(writer.ask(settlement(1)))
    await settled(lambda: bool(commits.batches))
    await asyncio.to_thread(writer.close)
    assert await asked == 1
    with pytest.raises(StorageError, match="closed while a call waited"):
        await waiting
    assert await writer.ask(settlement(2)) == 1  # and it opens again


def test_closing_what_was_never_used_and_closing_twice_do_nothing(writer: LedgerWriter) -> None:
    writer.close()
    writer.close()


def test_a_loop_that_is_gone_stops_nobody(writer: LedgerWriter, commits: Commits) -> None:
    commits.gate.clear()
    gone = asyncio.new_event_loop()
    abandoned = gone.create_task(writer.ask(settlement(1)))
    gone.run_until_complete(asyncio.sleep(0.01))
    abandoned.cancel()
    gone.run_until_complete(asyncio.wait({abandoned}))
    gone.close()
    commits.gate.set()
    assert asyncio.run(writer.ask(settlement(2))) == 1


def test_loops_of_several_threads_are_served(writer: LedgerWriter) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(asyncio.run(writer.ask(settlement(1)))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 4


@pytest.fixture
def prompt(commits: Commits) -> Iterator[LedgerWriter]:
    """A writer that commits at once; negative numbers are those that it cannot."""

    def at_once(requests: Sequence[Request]) -> list[Result] | None:
        numbers = [asked.call_id for asked in requests if isinstance(asked, Settlement)]
        return None if any(number < 0 for number in numbers) else [10 + n for n in numbers]

    writer = LedgerWriter(commits, at_once, lambda: commits.expired.append(True))
    yield writer
    commits.gate.set()
    writer.close()


async def test_what_can_be_committed_at_once_needs_no_thread(
    prompt: LedgerWriter, commits: Commits
) -> None:
    asked = [asyncio.create_task(prompt.ask(settlement(number))) for number in range(5)]
    assert await asyncio.gather(*asked) == [10, 11, 12, 13, 14]
    assert commits.batches == []


async def test_what_cannot_and_what_comes_meanwhile_is_left_to_the_thread(
    prompt: LedgerWriter, commits: Commits
) -> None:
    commits.gate.clear()
    slow = asyncio.create_task(prompt.ask(settlement(-1)))
    await settled(commits.entered.is_set)
    behind = asyncio.create_task(prompt.ask(settlement(1)))
    await asyncio.sleep(0.02)
    assert not behind.done(), "it overtakes nobody"
    commits.gate.set()
    assert await asyncio.gather(slow, behind) == [1, 1]
    await settled(lambda: not prompt._is_working)  # pyright: ignore[reportPrivateUsage] -- no other sign
    assert await prompt.ask(settlement(2)) == 12


async def test_after_many_commits_at_once_the_thread_tidies_up(
    prompt: LedgerWriter, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_writer, "TIDY_COMMITS", 3)
    for times in (1, 2):
        for number in range(3):
            await prompt.ask(settlement(number))
        await settled(lambda times=times: len(commits.expired) == times)
    assert commits.batches == []


async def test_closing_commits_what_was_only_gathered(
    prompt: LedgerWriter, commits: Commits
) -> None:
    asked = asyncio.create_task(prompt.ask(settlement(5)))
    asyncio.get_running_loop().call_soon(prompt.close)  # after it has asked, before its commit
    assert await asked == 1
    assert commits.batches == [[settlement(5)]]
