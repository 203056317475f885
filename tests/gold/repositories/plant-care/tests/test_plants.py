"""Plants can be kept, and what is wrong is refused."""

import pytest
from fastapi.testclient import TestClient

FERN = {"name": "Fern", "place": "Bath", "interval_days": 3}


def test_keeps_a_plant(client: TestClient) -> None:
    created = client.post("/api/plants", json=FERN)
    assert created.status_code == 201
    plant = created.json()
    assert plant == {**FERN, "id": 1}
    assert client.get("/api/plants/1").json() == plant


def test_lists_plants_of_a_place(client: TestClient) -> None:
    for number, place in enumerate(["Bath", "Hall", "Bath"]):
        client.post("/api/plants", json={**FERN, "name": f"Plant {number}", "place": place})
    page = client.get("/api/plants", params={"place": "Bath", "limit": 1, "offset": 1}).json()
    assert page["total"] == 2
    assert [plant["name"] for plant in page["items"]] == ["Plant 2"]
    assert client.get("/api/plants").json()["total"] == 3
    assert client.get("/api/plants", params={"limit": 201}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"interval_days": 0}, {"interval_days": 366}, {"name": None}],
)
def test_refuses_what_is_no_plant(client: TestClient, wrong: dict[str, object]) -> None:
    assert client.post("/api/plants", json={**FERN, **wrong}).status_code == 422


def test_refuses_a_second_plant_of_one_name(client: TestClient) -> None:
    client.post("/api/plants", json=FERN)
    refused = client.post("/api/plants", json=FERN)
    assert refused.status_code == 409
    assert "'Fern'" in refused.json()["detail"]


def test_changes_and_forgets_a_plant(client: TestClient) -> None:
    client.post("/api/plants", json=FERN)
    changed = client.put("/api/plants/1", json={"name": "Fern", "interval_days": 5})
    assert changed.json() == {"id": 1, "name": "Fern", "place": None, "interval_days": 5}
    assert client.delete("/api/plants/1").status_code == 204
    assert client.get("/api/plants/1").status_code == 404
    assert client.put("/api/plants/1", json=FERN).status_code == 404


def test_keeps_a_plant_that_was_watered(client: TestClient) -> None:
    client.post("/api/plants", json=FERN)
    client.post("/api/waterings", json={"plant_id": 1, "day": "2025-05-01"})
    assert client.delete("/api/plants/1").status_code == 409
    assert client.get("/api/plants/1").status_code == 200
