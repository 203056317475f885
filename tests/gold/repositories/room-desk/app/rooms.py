"""The operations on rooms below `/api/rooms`."""

from typing import Any

from flask import Blueprint, request
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.database import session
from app.errors import RefusedError
from app.models import Booking, Room
from app.reading import body_of, line, number, page

rooms = Blueprint("rooms", __name__, url_prefix="/api/rooms")

_MOST_SEATS = 500


def find_room(room_id: int) -> Room:
    """A room by its id.

    Raises:
        RefusedError: 404, there is none.
    """
    room = session().get(Room, room_id)
    if room is None:
        raise RefusedError(404, f"there is no room {room_id}")
    return room


def as_document(room: Room) -> dict[str, Any]:
    """A room as an answer holds it."""
    return {"id": room.id, "name": room.name, "seats": room.seats}


@rooms.get("")
def list_rooms() -> dict[str, Any]:
    """Rooms in the order of their ids, all or those with as many seats as `seats` says."""
    limit, offset = page(request)
    wanted = select(Room)
    if "seats" in request.args:
        least = number({"seats": request.args.get("seats", type=int)}, "seats", 1, _MOST_SEATS)
        wanted = wanted.where(Room.seats >= least)
    total = session().scalar(select(func.count()).select_from(wanted.subquery()))
    found = session().scalars(wanted.order_by(Room.id).limit(limit).offset(offset))
    return {"items": [as_document(room) for room in found], "total": total}


@rooms.post("")
def create_room() -> tuple[dict[str, Any], int]:
    """Keep a new room; two of one name are refused with 409."""
    body = body_of(request)
    room = Room(name=line(body, "name"), seats=number(body, "seats", 1, _MOST_SEATS))
    session().add(room)
    try:
        session().commit()
    except IntegrityError:
        raise RefusedError(409, f"there is a room called {body['name']!r} already") from None
    return as_document(room), 201


@rooms.get("/<int:room_id>")
def read_room(room_id: int) -> dict[str, Any]:
    """One room."""
    return as_document(find_room(room_id))


@rooms.delete("/<int:room_id>")
def delete_room(room_id: int) -> tuple[str, int]:
    """Forget a room; one that is booked is refused with 409."""
    room = find_room(room_id)
    booked = select(func.count()).select_from(Booking).where(Booking.room_id == room_id)
    if session().scalar(booked):
        raise RefusedError(409, f"room {room_id} is booked; cancel that first")
    session().delete(room)
    session().commit()
    return "", 204
