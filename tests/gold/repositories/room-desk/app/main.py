"""The application, put together."""

from flask import Flask

from app.bookings import bookings
from app.database import connect
from app.errors import answer_errors
from app.rooms import rooms
from app.settings import database_url


def create_app(url: str = "") -> Flask:
    """Make the application.

    Args:
        url: where records are kept; what the settings say if left out.
    """
    app = Flask("app")
    connect(app, url or database_url())
    answer_errors(app)
    app.register_blueprint(rooms)
    app.register_blueprint(bookings)
    app.add_url_rule("/health", view_func=_health)
    return app


def _health() -> dict[str, str]:
    return {"status": "ok"}
