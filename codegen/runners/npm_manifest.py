"""Reads the `package.json` of a project as far as running it needs."""

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from codegen.runners.tree import Project

NPM_MANIFEST = "package.json"


class NpmManifest(BaseModel):
    """What a `package.json` says of scripts, packages and modules."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    scripts: dict[str, str] = {}
    dependencies: dict[str, str] = {}
    development: dict[str, str] = Field(default={}, alias="devDependencies")
    type: Literal["module", "commonjs", ""] = ""
    eslint: object = Field(default=None, alias="eslintConfig")

    @property
    def packages(self) -> dict[str, str]:
        """Declared packages with their versions, those for development among them."""
        return self.dependencies | self.development


def read_npm_manifest(project: Project) -> NpmManifest:
    """Read a project's `package.json`.

    Raises:
        ValueError, RecursionError: it cannot be read; the first line of the message says why.
    """
    return NpmManifest.model_validate(json.loads(project.files[NPM_MANIFEST]))
