"""The table of waterings."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.plants.models import Plant


class Watering(Base):
    """A plant got water on a day."""

    __tablename__ = "waterings"

    id: Mapped[int] = mapped_column(primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey(Plant.id))
    day: Mapped[date]
    millilitres: Mapped[int | None]
