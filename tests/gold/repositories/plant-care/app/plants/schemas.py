"""Plants as requests and answers hold them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class PlantIn(BaseModel):
    """What a person says of a plant."""

    name: Name
    place: Name | None = None
    interval_days: int = Field(ge=1, le=365)


class PlantOut(PlantIn):
    """A plant that is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int


class PlantPage(BaseModel):
    """Some of the plants, and how many there are."""

    items: list[PlantOut]
    total: int
