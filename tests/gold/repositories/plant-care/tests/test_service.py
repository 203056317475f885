"""The service answers, and finds its database where it is told."""

from fastapi.testclient import TestClient

from app.settings import DEFAULT_URL, database_url


def test_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_takes_the_database_from_the_environment() -> None:
    assert database_url({}) == DEFAULT_URL == "sqlite:///plant-care.db"
    assert database_url({"DATABASE_URL": " "}) == DEFAULT_URL
    assert database_url({"DATABASE_URL": "sqlite://"}) == "sqlite://"
