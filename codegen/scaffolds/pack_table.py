"""Loads the table of packs, `packs.toml`, whose head explains its fields."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Condition = Literal[
    "", "express-application", "express-server", "python-command", "python-entry", "react-entry",
    "typescript",
]  # fmt: skip


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServedFile(_Row):
    """A file that a pack serves."""

    path: str
    template: str
    language: str
    purpose: str
    offered: bool = False
    when: Condition = ""


class Needs(_Row):
    """Canonical names of the packages that a pack's files need."""

    runtime: tuple[str, ...] = ()
    development: tuple[str, ...] = ()
    typescript: tuple[str, ...] = ()


class Pack(_Row):
    """What one pack serves."""

    needs: Needs = Needs()
    files: tuple[ServedFile, ...] = Field(min_length=1)


@cache
def packs() -> Mapping[str, Pack]:
    """The packs, by name."""
    text = files("codegen.scaffolds").joinpath("packs.toml").read_text("utf-8")
    return TypeAdapter(dict[str, Pack]).validate_python(tomllib.loads(text))
