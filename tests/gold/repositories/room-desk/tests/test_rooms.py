"""Rooms can be kept, and what is wrong is refused."""

import pytest
from flask.testing import FlaskClient

SMALL = {"name": "Small", "seats": 4}


def test_keeps_a_room(client: FlaskClient) -> None:
    created = client.post("/api/rooms", json=SMALL)
    assert created.status_code == 201
    assert created.json == {**SMALL, "id": 1}
    assert client.get("/api/rooms/1").json == created.json
    assert client.delete("/api/rooms/1").status_code == 204
    assert client.get("/api/rooms/1").status_code == 404


def test_lists_rooms_with_enough_seats(client: FlaskClient) -> None:
    for name, seats in (("Small", 4), ("Hall", 80), ("Large", 20)):
        client.post("/api/rooms", json={"name": name, "seats": seats})
    page = client.get("/api/rooms?seats=20").json
    assert page["total"] == 2
    assert [room["name"] for room in page["items"]] == ["Hall", "Large"]
    second = client.get("/api/rooms?limit=1&offset=1").json
    assert second["total"] == 3
    assert [room["name"] for room in second["items"]] == ["Hall"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "offset=-1", "limit=all", "seats=many"])
def test_refuses_a_wrong_query(client: FlaskClient, query: str) -> None:
    refused = client.get(f"/api/rooms?{query}")
    assert refused.status_code == 422
    assert query.partition("=")[0] in refused.json["error"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"name": 7},
        {"name": "x" * 256},
        {"seats": 0},
        {"seats": 501},
        {"seats": "4"},
        {"seats": True},
    ],
)
def test_refuses_what_is_no_room(client: FlaskClient, wrong: dict[str, object]) -> None:
    assert client.post("/api/rooms", json={**SMALL, **wrong}).status_code == 422


def test_refuses_a_second_room_of_one_name(client: FlaskClient) -> None:
    client.post("/api/rooms", json=SMALL)
    refused = client.post("/api/rooms", json=SMALL)
    assert refused.status_code == 409
    assert refused.json == {"error": "there is a room called 'Small' already"}
    assert client.post("/api/rooms", data="[]").status_code == 422


def test_keeps_a_room_that_is_booked(client: FlaskClient) -> None:
    client.post("/api/rooms", json=SMALL)
    given = {"room_id": 1, "person": "Ada", "begins": "2025-05-01T09:00", "ends": "2025-05-01T10:00"}
    client.post("/api/bookings", json=given)
    assert client.delete("/api/rooms/1").status_code == 409
    client.delete("/api/bookings/1")
    assert client.delete("/api/rooms/1").status_code == 204
