"""Waterings as requests and answers hold them, and what is due."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class WateringIn(BaseModel):
    """What a person says of a watering."""

    plant_id: int
    day: date
    millilitres: int | None = Field(default=None, ge=1, le=100_000)


class WateringOut(WateringIn):
    """A watering that is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int


class WateringPage(BaseModel):
    """Some of the waterings, and how many there are."""

    items: list[WateringOut]
    total: int


class DuePlant(BaseModel):
    """A plant that wants water, and for how many days it has waited."""

    plant_id: int
    name: str
    days_overdue: int
