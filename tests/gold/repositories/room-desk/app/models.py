"""The tables of rooms and bookings."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base


class Room(Base):
    """A room that can be booked."""

    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    seats: Mapped[int]


class Booking(Base):
    """A room is somebody's for a while; its end is no part of it."""

    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey(Room.id))
    person: Mapped[str] = mapped_column(String(255))
    begins: Mapped[datetime]
    ends: Mapped[datetime]
    room: Mapped[Room] = relationship()
