"""The table of versions that is shipped with the packs."""

import datetime
import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from core.artifacts.packages import Ecosystem


class KnownVersions(BaseModel):
    """Ranges of versions by canonical name.

    Attributes:
        checked: when they were last tried.
        extras: what a Python package needs besides its name; without it, it does not work.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    checked: datetime.date
    python: dict[str, str]
    extras: dict[str, str]
    npm: dict[str, str]

    def of(self, ecosystem: Ecosystem) -> dict[str, str]:
        """The packages of one ecosystem; none of Go, whose modules say theirs themselves."""
        return {"python": self.python, "npm": self.npm, "go": dict[str, str]()}[ecosystem]


@cache
def known_versions() -> KnownVersions:
    """The shipped table."""
    text = files("codegen.scaffolds").joinpath("known_versions.toml").read_text("utf-8")
    return KnownVersions.model_validate(tomllib.loads(text))
