"""A known-good repository, and how its files serve what is asked for.

The files lie below `repositories/<name>/`, the plan in `plans/<name>.toml`. The plan says what a
person wants, the modules, and each file's purpose. What a file exports and imports is read out of
its text (`tests.gold.contracts`), apart from the readers of `codegen` that are tested with it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.gold.contracts import Document, Reading, language_of, read_source

_HERE = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in (_HERE / "plans").glob("*.toml")))
"""Every gold repository."""


@dataclass(frozen=True)
class Gold:
    """A known-good repository.

    Attributes:
        name: of its folder.
        plan: the document `plans/<name>.toml`.
        texts: text of every file, by path.
    """

    name: str
    plan: Document
    texts: Mapping[str, str]

    @property
    def served(self) -> list[str]:
        """Paths of the files that packs write, without a model."""
        return self.plan["served"]

    @property
    def requirements(self) -> list[Document]:
        """What it must do, as the clean spec has it."""
        return self.plan["requirements"]

    @property
    def entities(self) -> list[Document]:
        """What it keeps, each with its table."""
        return self.plan.get("entities", [])

    @property
    def endpoints(self) -> list[Document]:
        """The operations of its HTTP interface."""
        return self.plan.get("endpoints", [])

    @property
    def modules(self) -> list[Document]:
        """Its modules with their files, in the order in which they are written."""
        return self.plan["modules"]

    @property
    def dependencies(self) -> list[Document]:
        """The packages it needs."""
        return self.plan.get("dependencies", [])

    def module(self, name: str) -> Document:
        """A module by its name.

        Raises:
            KeyError: there is none.
        """
        return {module["name"]: module for module in self.modules}[name]

    def file(self, path: str) -> Document:
        """What the plan says of a file.

        Raises:
            KeyError: it is not planned.
        """
        if path in self.served:
            return {"path": path, "purpose": "A pack writes it."}
        return {file["path"]: file for module in self.modules for file in module["files"]}[path]

    def contract(self, path: str) -> Document:
        """The contract of a file, as a model would plan it."""
        file = self.file(path)
        reading = self._readings[path]
        seen: list[Document] = [{"path": other, "symbols": []} for other in file.get("see", [])]
        imported: list[Document] = [
            {"path": other, "symbols": list(names)} for other, names in reading.imports.items()
        ]
        known = {item["path"] for item in imported}
        return {
            "path": path,
            "purpose": file["purpose"],
            "language": file.get("language") or language_of(path),
            "exports": [
                {"name": item.name, "kind": item.kind, "signature": item.signature}
                for item in reading.exports
                if item.name in self._used[path]
            ],
            "imports": imported + [item for item in seen if item["path"] not in known],
            "packages": sorted(reading.packages),
            "requirements": file.get("requirements", []),
            "entities": file.get("entities", []),
            "endpoints": file.get("endpoints", []),
        }

    def planned_tests(self, module: str = "") -> list[Document]:
        """The planned acceptance tests, of one module or of all."""
        return [
            {"requirement": number, "path": file["path"], "case": case}
            for item in self.modules
            if module in ("", item["name"])
            for file in item["files"]
            for number, cases in file.get("tests", {}).items()
            for case in cases
        ]

    @property
    def _readings(self) -> dict[str, Reading]:
        return _readings(self.name)

    @property
    def _used(self) -> dict[str, set[str]]:
        """Names of each file that another one takes, and those its plan names besides."""
        used = {path: set(self.file(path).get("offers", [])) for path in self._readings}
        for reading in self._readings.values():
            for other, names in reading.imports.items():
                used[other] |= set(names)
        return used


@cache
def load(name: str) -> Gold:
    """Read a gold repository.

    Raises:
        ValueError: plan and folder do not name the same files.
    """
    plan: dict[str, Any] = tomllib.loads((_HERE / "plans" / f"{name}.toml").read_text())
    folder = _HERE / "repositories" / name
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    planned = {file["path"] for module in plan["modules"] for file in module["files"]}
    planned |= set(plan["served"])
    if planned != texts.keys():
        raise ValueError(f"{name}: planned or there, not both: {sorted(planned ^ texts.keys())}")
    return Gold(name, plan, texts)


@cache
def _readings(name: str) -> dict[str, Reading]:
    texts = load(name).texts
    return {path: read_source(path, text, texts.keys()) for path, text in texts.items()}
