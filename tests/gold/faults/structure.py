"""Answers of the stages before code is written, made wrong: cut off, or with wrong contracts."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.gold.contracts import Document
from tests.gold.playback import Fault, Place
from tests.gold.repository import Gold

STAGES = {
    "clarifier": "1",
    "normalizer": "1.5",
    "schema-generator": "3",
    "structural-validator": "3.5",
    "file-structure-generator": "4",
    "validator": "5",
}
"""The stage of each template that is answered in JSON."""

Change = Callable[[list[Document]], str]
"""Makes contracts of a module wrong in place, and says what it did; nothing where it cannot."""


@dataclass(frozen=True)
class Misanswer:
    """One wrong answer of a stage.

    Attributes:
        kind: what is wrong, as the table of faults names it.
        place: the question.
        detail: what was done.
        fault: how the model answers.
    """

    kind: str
    place: Place
    detail: str
    fault: Fault

    @property
    def stage(self) -> str:
        """The stage that asks."""
        return STAGES[self.place.template]

    def __str__(self) -> str:
        about = f" {self.place.about}" if self.place.about else ""
        return f"{self.place.template}{about}: {self.detail}"


def misanswers(gold: Gold, questions: list[Place]) -> list[Misanswer]:
    """Every wrong answer to the questions that are answered in JSON."""
    return [
        wrong
        for place in questions
        if place.template in STAGES
        for wrong in (*_cut_off(place), *_contracts(gold, place))
    ]


def _cut_off(place: Place) -> Iterator[Misanswer]:
    kind = "JSON cut off"
    yield Misanswer(kind, place, "after half", Fault(spoil=lambda text: text[: len(text) // 2]))
    told = Fault(spoil=lambda text: text[: len(text) // 2], finish_reason="length")
    yield Misanswer(kind, place, "after half, as the server says", told)


def _contracts(gold: Gold, place: Place) -> Iterator[Misanswer]:
    """Wrong contracts in a module's files, as stage 4 plans and stage 5 reviews them."""
    if not place.about or place.template not in {"file-structure-generator", "validator"}:
        return
    paths = [file["path"] for file in gold.module(place.about)["files"]]
    for kind, change in _CHANGES:
        tried = [gold.contract(path) for path in paths]
        if detail := change(tried):
            yield Misanswer(kind, place, detail, Fault(spoil=_changing(change)))


def _changing(change: Change) -> Callable[[str], str]:
    def spoil(answer: str) -> str:
        document = json.loads(answer)
        change(document["files"])
        return json.dumps(document)

    return spoil


def _lost_file(files: list[Document]) -> str:
    for file in files:
        if file["imports"]:
            file["imports"][0]["path"] = f"lost/{file['imports'][0]['path']}"
            return f"{file['path']} imports {file['imports'][0]['path']}"
    return ""


def _lost_name(files: list[Document]) -> str:
    for file in files:
        for item in file["imports"]:
            if item["symbols"]:
                item["symbols"][0] += "Impl"
                return f"{file['path']} imports {item['symbols'][0]}"
    return ""


def _lost_export(files: list[Document]) -> str:
    """An export that another file of the module imports."""
    taken = {
        (item["path"], name)
        for file in files
        for item in file["imports"]
        for name in item["symbols"]
    }
    for file in files:
        for export in file["exports"]:
            if (file["path"], export["name"]) in taken:
                file["exports"].remove(export)
                return f"{file['path']} does not export {export['name']}"
    return ""


def _circle(files: list[Document]) -> str:
    known = {file["path"]: file for file in files}
    for file in files:
        for item in file["imports"]:
            other = known.get(item["path"])
            if other is not None and other["exports"]:
                other["imports"].append({"path": file["path"], "symbols": []})
                return f"{other['path']} imports {file['path']}, which imports it"
    return ""


def _undeclared(files: list[Document]) -> str:
    for file in files:
        if file["language"] in {"python", "javascript"}:
            file["packages"].append("fluent-tables")
            return f"{file['path']} needs fluent-tables"
    return ""


_CHANGES: tuple[tuple[str, Change], ...] = (
    ("wrong import", _lost_file),
    ("wrong import", _lost_name),
    ("missing export", _lost_export),
    ("cycle", _circle),
    ("hallucinated dependency", _undeclared),
)
