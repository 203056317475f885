"""The operations on bookings below `/api/bookings`."""

from typing import Any

from flask import Blueprint, request
from sqlalchemy import func, select

from app.calendar import clash, problem
from app.database import session
from app.errors import RefusedError
from app.models import Booking, Room
from app.reading import body_of, line, moment, number, page

bookings = Blueprint("bookings", __name__, url_prefix="/api/bookings")


def as_document(booking: Booking) -> dict[str, Any]:
    """A booking as an answer holds it."""
    return {
        "id": booking.id,
        "room_id": booking.room_id,
        "person": booking.person,
        "begins": booking.begins.isoformat(timespec="minutes"),
        "ends": booking.ends.isoformat(timespec="minutes"),
    }


@bookings.get("")
def list_bookings() -> dict[str, Any]:
    """Bookings in the order of their beginnings, all or those of one room."""
    limit, offset = page(request)
    wanted = select(Booking)
    if "room_id" in request.args:
        room_id = number({"room_id": request.args.get("room_id", type=int)}, "room_id", 1, 2**31)
        wanted = wanted.where(Booking.room_id == room_id)
    total = session().scalar(select(func.count()).select_from(wanted.subquery()))
    ordered = wanted.order_by(Booking.begins, Booking.id)
    found = session().scalars(ordered.limit(limit).offset(offset))
    return {"items": [as_document(booking) for booking in found], "total": total}


@bookings.post("")
def create_booking() -> tuple[dict[str, Any], int]:
    """Book a room; one that is taken at the time is refused with 409."""
    body = body_of(request)
    booking = Booking(
        room_id=number(body, "room_id", 1, 2**31),
        person=line(body, "person"),
        begins=moment(body, "begins"),
        ends=moment(body, "ends"),
    )
    _check(booking)
    session().add(booking)
    session().commit()
    return as_document(booking), 201


@bookings.get("/<int:booking_id>")
def read_booking(booking_id: int) -> dict[str, Any]:
    """One booking."""
    return as_document(_find(booking_id))


@bookings.delete("/<int:booking_id>")
def cancel_booking(booking_id: int) -> tuple[str, int]:
    """Cancel a booking."""
    session().delete(_find(booking_id))
    session().commit()
    return "", 204


def _find(booking_id: int) -> Booking:
    booking = session().get(Booking, booking_id)
    if booking is None:
        raise RefusedError(404, f"there is no booking {booking_id}")
    return booking


def _check(booking: Booking) -> None:
    """Refuse what cannot be, and what somebody else has."""
    if session().get(Room, booking.room_id) is None:
        raise RefusedError(422, f"room_id: there is no room {booking.room_id}")
    if reason := problem(booking.begins, booking.ends):
        raise RefusedError(422, f"ends: {reason}")
    of_room = select(Booking.begins, Booking.ends).where(Booking.room_id == booking.room_id)
    taken = [(begins, ends) for begins, ends in session().execute(of_room)]
    if other := clash(booking.begins, booking.ends, taken):
        until = other[1].isoformat(timespec="minutes")
        raise RefusedError(409, f"room {booking.room_id} is taken until {until}")
