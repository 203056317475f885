"""The database: its tables' base, and the sessions of an application."""

from flask import Flask, current_app, g
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

_ENGINE = "room_desk_engine"


class Base(DeclarativeBase):
    """Base of every table."""


def connect(app: Flask, url: str) -> None:
    """Give an application its engine, with every table made, and close sessions after requests."""
    in_memory = url == "sqlite://"
    engine = create_engine(url, poolclass=StaticPool) if in_memory else create_engine(url)
    Base.metadata.create_all(engine)
    app.extensions[_ENGINE] = engine
    app.teardown_appcontext(_close)


def session() -> Session:
    """The session of the request that is being answered."""
    if "session" not in g:
        g.session = Session(current_app.extensions[_ENGINE])
    return g.session


def _close(_error: BaseException | None) -> None:
    opened = g.pop("session", None)
    if opened is not None:
        opened.close()
