"""Who gets which client, and when."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.llm.connection_places import PLACES_PER_CLIENT, ConnectionPlaces


class Clients:
    """Makes clients, and knows how many connections each may have."""

    def __init__(self) -> None:
        self.connections: dict[httpx.AsyncClient, int] = {}

    def __call__(self, connections: int) -> httpx.AsyncClient:
        transport = httpx.MockTransport(lambda _: httpx.Response(200))
        client = httpx.AsyncClient(transport=transport)
        self.connections[client] = connections
        return client


async def test_calls_one_after_another_share_a_client() -> None:
    clients = Clients()
    places = ConnectionPlaces(100, clients)
    for _ in range(20):
        async with places.place():
            pass
    assert len(clients.connections) == 1


async def test_no_client_is_given_more_calls_than_it_has_connections() -> None:
    clients = Clients()
    places = ConnectionPlaces(20, clients)
    async with AsyncExitStack() as calls:
        taken = [await calls.enter_async_context(places.place()) for _ in range(20)]
    assert list(clients.connections.values()) == [PLACES_PER_CLIENT, PLACES_PER_CLIENT, 4]
    assert all(taken.count(client) == most for client, most in clients.connections.items())


async def test_the_next_call_waits_its_turn() -> None:
    places = ConnectionPlaces(2, Clients())
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
    places = ConnectionPlaces(1, Clients())
    for _ in range(3):
        with pytest.raises(ValueError, match="boom"):
            async with places.place():
                raise ValueError("boom")


async def test_a_client_that_cannot_be_made_costs_no_place() -> None:
    makes = iter([httpx.AsyncClient(), ValueError("SSL_CERT_FILE"), httpx.AsyncClient()])

    def make(_: int) -> httpx.AsyncClient:
        made = next(makes)
        if isinstance(made, Exception):
            raise made
        return made

    places = ConnectionPlaces(2 * PLACES_PER_CLIENT, make)
    async with AsyncExitStack() as calls:
        for _ in range(PLACES_PER_CLIENT):
            await calls.enter_async_context(places.place())
        with pytest.raises(ValueError, match="SSL_CERT_FILE"):
            await calls.enter_async_context(places.place())
        for _ in range(PLACES_PER_CLIENT):
            await calls.enter_async_context(places.place())
    await places.close()


async def test_every_client_is_closed() -> None:
    clients = Clients()
    places = ConnectionPlaces(20, clients)
    async with AsyncExitStack() as calls:
        for _ in range(20):
            await calls.enter_async_context(places.place())
    await places.close()
    assert all(client.is_closed for client in clients.connections)


@given(most=st.integers(1, 40), pauses=st.lists(st.integers(0, 3), max_size=80))
def test_however_calls_come_and_go_no_bound_is_passed(most: int, pauses: list[int]) -> None:
    clients = Clients()

    async def run() -> None:
        places = ConnectionPlaces(most, clients)
        busy: dict[httpx.AsyncClient, int] = {}

        async def call(pause: int) -> None:
            async with places.place() as client:
                busy[client] = busy.get(client, 0) + 1
                assert busy[client] <= clients.connections[client] <= PLACES_PER_CLIENT
                for _ in range(pause):
                    await asyncio.sleep(0)
                busy[client] -= 1

        await asyncio.gather(*map(call, pauses))
        assert sum(clients.connections.values()) <= most

    asyncio.run(run())
