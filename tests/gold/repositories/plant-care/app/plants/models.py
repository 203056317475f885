"""The table of plants."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Plant(Base):
    """A plant that wants water every so many days."""

    __tablename__ = "plants"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    place: Mapped[str | None] = mapped_column(String(255))
    interval_days: Mapped[int]
