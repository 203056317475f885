"""Artifact of stage 3: entities as they are stored, and the endpoints that serve them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from core.artifacts.base import Artifact, Part
from core.artifacts.specs import SpecEntity

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class StoredEntity(SpecEntity):
    """An entity with the table that holds it."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63, examples=["tasks"])


class Endpoint(Part):
    """One operation of the HTTP interface."""

    method: Method
    path: str = Field(pattern=r"^/[^\s]*$", max_length=200, examples=["/api/tasks/{task_id}"])
    summary: str = ""
    entity: str = Field(default="", description="Name of the entity it serves, if any.")
    requirements: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """How other documents name it, for example `GET /api/tasks`."""
        return f"{self.method} {self.path}"


class Schema(Artifact):
    """`specs/schema.json`: the data model and the HTTP interface."""

    entities: tuple[StoredEntity, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()

    @model_validator(mode="after")
    def _nothing_twice_and_no_strangers(self) -> Self:
        for what, names in (
            ("entity", [entity.name.casefold() for entity in self.entities]),
            ("table", [entity.table for entity in self.entities]),
            ("endpoint", [endpoint.id for endpoint in self.endpoints]),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{what} {name!r} is there twice")
        known = {entity.name for entity in self.entities}
        for entity in self.entities:
            for relation in entity.relations:
                if relation.target not in known:
                    raise ValueError(
                        f"relation {entity.name}.{relation.name} points to "
                        f"{relation.target!r}, which is not an entity of the schema"
                    )
        for endpoint in self.endpoints:
            if endpoint.entity and endpoint.entity not in known:
                raise ValueError(
                    f"endpoint {endpoint.id} serves {endpoint.entity!r}, which is not an entity"
                )
        return self
