"""The application with a database of its own, in memory."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.database import Base, get_session, make_engine
from app.main import app


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of an application that knows nothing yet."""
    engine = make_engine("sqlite://")
    Base.metadata.create_all(engine)

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    app.dependency_overrides[get_session] = session
    yield TestClient(app)
    app.dependency_overrides.clear()
    engine.dispose()
