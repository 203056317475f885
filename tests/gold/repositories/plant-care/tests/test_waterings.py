"""Waterings can be kept, and what is due is told."""

import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def plants(client: TestClient) -> TestClient:
    for name, days in (("Fern", 3), ("Cactus", 30), ("Moss", 1)):
        client.post("/api/plants", json={"name": name, "interval_days": days})
    return client


def test_keeps_a_watering(plants: TestClient) -> None:
    given = {"plant_id": 1, "day": "2025-05-01", "millilitres": 200}
    created = plants.post("/api/waterings", json=given)
    assert created.status_code == 201
    assert created.json() == {**given, "id": 1}
    assert plants.get("/api/waterings/1").json() == {**given, "id": 1}
    assert plants.delete("/api/waterings/1").status_code == 204
    assert plants.get("/api/waterings/1").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"plant_id": 9}, {"day": "yesterday"}, {"millilitres": 0}, {"day": None}]
)
def test_refuses_what_is_no_watering(plants: TestClient, wrong: dict[str, object]) -> None:
    given = {"plant_id": 1, "day": "2025-05-01", **wrong}
    assert plants.post("/api/waterings", json=given).status_code == 422


def test_lists_waterings_of_a_plant(plants: TestClient) -> None:
    for plant, day in ((1, "2025-05-01"), (2, "2025-05-02"), (1, "2025-05-04")):
        plants.post("/api/waterings", json={"plant_id": plant, "day": day})
    page = plants.get("/api/waterings", params={"plant_id": 1, "offset": 1}).json()
    assert page["total"] == 2
    assert [watering["day"] for watering in page["items"]] == ["2025-05-04"]


def test_lists_what_is_due(plants: TestClient) -> None:
    for plant, day in ((1, "2025-05-01"), (1, "2025-05-04"), (2, "2025-05-01"), (1, "2025-06-01")):
        plants.post("/api/waterings", json={"plant_id": plant, "day": day})
    due = plants.get("/api/waterings/due", params={"today": "2025-05-09"}).json()
    assert due == [
        {"plant_id": 1, "name": "Fern", "days_overdue": 2},
        {"plant_id": 3, "name": "Moss", "days_overdue": 0},
    ]
    assert plants.get("/api/waterings/due").status_code == 422
