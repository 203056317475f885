"""Who gets which sender, and when."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.llm.connection_places import PLACES_PER_SENDER, ConnectionPlaces
from providers.llm.http_sending import ClientSender, Sender


class Senders:
    """Makes senders, and knows how many connections each may have."""

    def __init__(self) -> None:
        self.connections: dict[Sender, int] = {}
        self.clients: list[httpx.AsyncClient] = []

    def __call__(self, connections: int) -> Sender:
        transport = httpx.MockTransport(lambda _: httpx.Response(200))
        client = httpx.AsyncClient(transport=transport)
        sender = ClientSender(client)
        self.connections[sender] = connections
        self.clients.append(client)
        return sender


async def test_calls_one_after_another_share_a_sender() -> None:
    senders = Senders()
    places = ConnectionPlaces(100, senders)
    for _ in range(20):
        async with places.place():
            pass
    assert len(senders.connections) == 1


async def test_no_sender_is_given_more_calls_than_it_has_connections() -> None:
    senders = Senders()
    places = ConnectionPlaces(20, senders)
    async with AsyncExitStack() as calls:
        taken = [await calls.enter_async_context(places.place()) for _ in range(20)]
    assert list(senders.connections.values()) == [PLACES_PER_SENDER, PLACES_PER_SENDER, 4]
    assert all(taken.count(sender) == most for sender, most in senders.connections.items())


async def test_the_next_call_waits_its_turn() -> None:
    places = ConnectionPlaces(2, Senders())
    order: list[int] = []

    async def call(number: int) -> None:
        async with places.place():
            order.append(number)
            await asyncio.sleep(0)

    async with places.place(), places.place():
        waiting = [asyncio.create_task(call(number)) for number in range(5)]
        await asyncio.sleep(0.01)
        assert order == []
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2, 3, 4]


async def test_a_place_is_given_back_whatever_happens() -> None:
    places = ConnectionPlaces(1, Senders())
    for _ in range(3):
        with pytest.raises(ValueError, match="boom"):
            async with places.place():
                raise ValueError("boom")


async def test_a_sender_that_cannot_be_made_costs_no_place() -> None:
    makes = iter(
        [
            ClientSender(httpx.AsyncClient()),
            ValueError("SSL_CERT_FILE"),
            ClientSender(httpx.AsyncClient()),
        ]
    )

    def make(_: int) -> Sender:
        made = next(makes)
        if isinstance(made, Exception):
            raise made
        return made

    places = ConnectionPlaces(2 * PLACES_PER_SENDER, make)
    async with AsyncExitStack() as calls:
        for _ in range(PLACES_PER_SENDER):
            await calls.enter_async_context(places.place())
        with pytest.raises(ValueError, match="SSL_CERT_FILE"):
            await calls.enter_async_context(places.place())
        for _ in range(PLACES_PER_SENDER):
            await calls.enter_async_context(places.place())
    await places.close()


async def test_every_sender_is_closed() -> None:
    senders = Senders()
    places = ConnectionPlaces(20, senders)
    async with AsyncExitStack() as calls:
        for _ in range(20):
            await calls.enter_async_context(places.place())
    await places.close()
    assert all(client.is_closed for client in senders.clients)


@given(most=st.integers(1, 40), pauses=st.lists(st.integers(0, 3), max_size=80))
def test_however_calls_come_and_go_no_bound_is_passed(most: int, pauses: list[int]) -> None:
    senders = Senders()

    async def run() -> None:
        places = ConnectionPlaces(most, senders)
        busy: dict[Sender, int] = {}

        async def call(pause: int) -> None:
            async with places.place() as sender:
                busy[sender] = busy.get(sender, 0) + 1
                assert busy[sender] <= senders.connections[sender] <= PLACES_PER_SENDER
                for _ in range(pause):
                    await asyncio.sleep(0)
                busy[sender] -= 1

        await asyncio.gather(*map(call, pauses))
        assert sum(senders.connections.values()) <= most

    asyncio.run(run())
