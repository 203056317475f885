"""The service answers, and finds its database where it is told."""

from flask.testing import FlaskClient

from app.settings import database_url


def test_says_that_it_is_well(client: FlaskClient) -> None:
    assert client.get("/health").json == {"status": "ok"}


def test_answers_unknown_addresses_as_json(client: FlaskClient) -> None:
    missing = client.get("/api/other")
    assert missing.status_code == 404
    assert "not found" in missing.json["error"]


def test_takes_the_database_from_the_environment() -> None:
    assert database_url({}) == "sqlite:///room-desk.db"
    assert database_url({"DATABASE_URL": "sqlite://"}) == "sqlite://"
