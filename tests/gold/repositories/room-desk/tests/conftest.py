"""The application with a database of its own, in memory."""

import pytest
from flask.testing import FlaskClient

from app.main import create_app


@pytest.fixture
def client() -> FlaskClient:
    """A client of an application that knows nothing yet."""
    return create_app("sqlite://").test_client()
