"""The operations on plants below `/api/plants`."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.database import get_session
from app.plants.models import Plant
from app.plants.schemas import PlantIn, PlantOut, PlantPage

router = APIRouter(prefix="/api/plants", tags=["plants"])

DatabaseSession = Annotated[Session, Depends(get_session)]


def find_plant(plant_id: int, session: Session) -> Plant:
    """A plant by its id.

    Raises:
        HTTPException: 404, there is none.
    """
    plant = session.get(Plant, plant_id)
    if plant is None:
        raise HTTPException(404, f"there is no plant {plant_id}")
    return plant


@router.get("")
def list_plants(
    session: DatabaseSession,
    place: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> PlantPage:
    """Plants in the order of their ids, all or those of one place."""
    wanted = select(Plant)
    if place is not None:
        wanted = wanted.where(Plant.place == place)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    found = session.scalars(wanted.order_by(Plant.id).limit(limit).offset(offset))
    return PlantPage(items=[PlantOut.model_validate(plant) for plant in found], total=total)


@router.post("", status_code=201)
def create_plant(given: PlantIn, session: DatabaseSession) -> PlantOut:
    """Keep a new plant; two of one name are refused with 409."""
    plant = Plant(**given.model_dump())
    session.add(plant)
    return _saved(plant, session)


@router.get("/{plant_id}")
def read_plant(plant_id: int, session: DatabaseSession) -> PlantOut:
    """One plant."""
    return PlantOut.model_validate(find_plant(plant_id, session))


@router.put("/{plant_id}")
def change_plant(plant_id: int, given: PlantIn, session: DatabaseSession) -> PlantOut:
    """Replace what is known of a plant."""
    plant = find_plant(plant_id, session)
    for name, value in given.model_dump().items():
        setattr(plant, name, value)
    return _saved(plant, session)


@router.delete("/{plant_id}", status_code=204)
def delete_plant(plant_id: int, session: DatabaseSession) -> Response:
    """Forget a plant; one that was watered is refused with 409."""
    session.delete(find_plant(plant_id, session))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise HTTPException(409, f"plant {plant_id} was watered; delete that first") from None
    return Response(status_code=204)


def _saved(plant: Plant, session: Session) -> PlantOut:
    name = plant.name
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise HTTPException(409, f"there is a plant called {name!r} already") from None
    return PlantOut.model_validate(plant)
