"""Rooms can be booked while they are free."""

import pytest
from flask.testing import FlaskClient

GIVEN = {"room_id": 1, "person": "Ada", "begins": "2025-05-01T09:00", "ends": "2025-05-01T10:30"}


@pytest.fixture
def rooms(client: FlaskClient) -> FlaskClient:
    for name in ("Small", "Large"):
        client.post("/api/rooms", json={"name": name, "seats": 8})
    return client


def test_books_a_room(rooms: FlaskClient) -> None:
    created = rooms.post("/api/bookings", json=GIVEN)
    assert created.status_code == 201
    assert created.json == {**GIVEN, "id": 1}
    assert rooms.get("/api/bookings/1").json == created.json


def test_refuses_a_room_that_is_taken(rooms: FlaskClient) -> None:
    rooms.post("/api/bookings", json=GIVEN)
    later = {**GIVEN, "begins": "2025-05-01T10:29", "ends": "2025-05-01T11:00"}
    refused = rooms.post("/api/bookings", json=later)
    assert refused.status_code == 409
    assert "taken until 2025-05-01T10:30" in refused.json["error"]
    assert rooms.post("/api/bookings", json={**later, "room_id": 2}).status_code == 201
    touching = {**later, "begins": "2025-05-01T10:30"}
    assert rooms.post("/api/bookings", json=touching).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"room_id": 9}, "there is no room 9"),
        ({"person": ""}, "person"),
        ({"begins": "soon"}, "begins: 'soon' is no time"),
        ({"ends": "2025-05-01T09:00"}, "ends before it begins"),
        ({"ends": "2025-05-01T21:01"}, "longer than 12 hours"),
        ({"begins": "2025-05-01T09:00+02:00"}, "has a zone"),
    ],
)
def test_refuses_what_is_no_booking(
    rooms: FlaskClient, wrong: dict[str, object], told: str
) -> None:
    refused = rooms.post("/api/bookings", json={**GIVEN, **wrong})
    assert refused.status_code == 422
    assert told in refused.json["error"]


def test_lists_bookings_of_a_room(rooms: FlaskClient) -> None:
    for room, hour in ((1, 12), (2, 9), (1, 8)):
        times = {"begins": f"2025-05-01T{hour:02d}:00", "ends": f"2025-05-01T{hour + 1:02d}:00"}
        rooms.post("/api/bookings", json={**GIVEN, "room_id": room, **times})
    page = rooms.get("/api/bookings?room_id=1").json
    assert page["total"] == 2
    assert [booking["id"] for booking in page["items"]] == [3, 1]
    assert rooms.get("/api/bookings?limit=1").json["items"][0]["id"] == 3
    assert rooms.get("/api/bookings?room_id=one").status_code == 422


def test_cancels_a_booking(rooms: FlaskClient) -> None:
    rooms.post("/api/bookings", json=GIVEN)
    assert rooms.delete("/api/bookings/1").status_code == 204
    assert rooms.get("/api/bookings/1").status_code == 404
    assert rooms.delete("/api/bookings/1").status_code == 404
    assert rooms.post("/api/bookings", json=GIVEN).status_code == 201
