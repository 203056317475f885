"""The operations on waterings below `/api/waterings`, and the list of what is due."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import get_session
from app.plants.models import Plant
from app.schedule import days_overdue
from app.waterings.models import Watering
from app.waterings.schemas import DuePlant, WateringIn, WateringOut, WateringPage

router = APIRouter(prefix="/api/waterings", tags=["waterings"])

DatabaseSession = Annotated[Session, Depends(get_session)]


@router.get("")
def list_waterings(
    session: DatabaseSession,
    plant_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> WateringPage:
    """Waterings in the order of their ids, all or those of one plant."""
    wanted = select(Watering)
    if plant_id is not None:
        wanted = wanted.where(Watering.plant_id == plant_id)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    found = session.scalars(wanted.order_by(Watering.id).limit(limit).offset(offset))
    return WateringPage(items=[WateringOut.model_validate(one) for one in found], total=total)


@router.get("/due")
def list_due(session: DatabaseSession, today: date) -> list[DuePlant]:
    """Plants that want water on a day, those that have waited longest first."""
    latest = select(Watering.plant_id, func.max(Watering.day).label("day"))
    latest = latest.where(Watering.day <= today).group_by(Watering.plant_id).subquery()
    rows = session.execute(
        select(Plant, latest.c.day).outerjoin(latest, latest.c.plant_id == Plant.id)
    )
    due = [
        DuePlant(plant_id=plant.id, name=plant.name, days_overdue=waited)
        for plant, last in rows
        if (waited := days_overdue(last, plant.interval_days, today)) is not None
    ]
    return sorted(due, key=lambda plant: (-plant.days_overdue, plant.name))


@router.post("", status_code=201)
def create_watering(given: WateringIn, session: DatabaseSession) -> WateringOut:
    """Keep a watering; one of a plant that does not exist is refused with 422."""
    if session.get(Plant, given.plant_id) is None:
        raise HTTPException(422, f"plant_id: there is no plant {given.plant_id}")
    watering = Watering(**given.model_dump())
    session.add(watering)
    session.commit()
    return WateringOut.model_validate(watering)


@router.get("/{watering_id}")
def read_watering(watering_id: int, session: DatabaseSession) -> WateringOut:
    """One watering."""
    return WateringOut.model_validate(_find(watering_id, session))


@router.delete("/{watering_id}", status_code=204)
def delete_watering(watering_id: int, session: DatabaseSession) -> Response:
    """Forget a watering."""
    session.delete(_find(watering_id, session))
    session.commit()
    return Response(status_code=204)


def _find(watering_id: int, session: Session) -> Watering:
    watering = session.get(Watering, watering_id)
    if watering is None:
        raise HTTPException(404, f"there is no watering {watering_id}")
    return watering
