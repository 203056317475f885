"""The application: its routes, its tables and whether it is well."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.database import create_tables
from app.plants.routes import router as plants
from app.waterings.routes import router as waterings


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    create_tables()
    yield


app = FastAPI(title="Plant Care", lifespan=_lifespan)
app.include_router(plants)
app.include_router(waterings)


@app.get("/health")
def health() -> dict[str, str]:
    """That it answers."""
    return {"status": "ok"}
