"""A product of any number of files, all alike, for the benchmark of the fan-out over files.

The first `BASES` files are there for the others: each later one imports one of them. A requirement
and an entity stand for every ten files, so that documentation, schema and structure grow with the
product, and what a prompt about one file holds must not.
"""

from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Requirement, SpecField
from core.artifacts.structure import (
    Export,
    FileContract,
    Import,
    Module,
    PlannedTest,
    ValidatedStructure,
)

BASES = 8
"""Files that no other comes before; the others begin when theirs of these is written."""

_FILES_EACH = 10
"""Files that one requirement and one entity are about."""

_RULES = 6


def paths(files: int) -> list[str]:
    """Paths of a product's files, in the order of writing."""
    return [_path(number) for number in range(files)]


def base_of(number: int) -> int | None:
    """Number of the file that a file imports, if it imports one."""
    return None if number < BASES else number % BASES


def spec(files: int) -> CleanSpec:
    """What the product must do."""
    return CleanSpec(
        project_name="Stock Ledger",
        slug="stock-ledger",
        summary="Books what comes into a store and what leaves it, and says what is there.",
        requirements=tuple(
            Requirement(id=f"FR-{number}", title=f"Books the goods of section {number:04}")
            for number in _sections(files)
        ),
    )


def docs(files: int) -> str:
    """The documentation: an overview, and a section for each requirement and each entity."""
    overview = "# Stock Ledger\n\n## Overview\n\nGoods come in and leave; each move is booked."
    return "\n\n".join([overview, *(_section(number) for number in _sections(files)), ""])


def schema(files: int) -> Schema:
    """The data model: an entity with an endpoint for each requirement."""
    return Schema(
        entities=tuple(_entity(number) for number in _sections(files)),
        endpoints=tuple(
            Endpoint(
                method="GET",
                path=f"/api/goods-{number:04}",
                summary=f"Says what is there of the goods of section {number:04}.",
                entity=_entity_name(number),
                requirements=(f"FR-{number}",),
            )
            for number in _sections(files)
        ),
    )


def structure(files: int) -> ValidatedStructure:
    """Every file with its contract, in one module."""
    return ValidatedStructure(
        modules=(
            Module(
                name="booking",
                purpose="Books the moves of goods.",
                files=tuple(_contract(number) for number in range(files)),
            ),
        ),
        tests=(PlannedTest(requirement="FR-1", path="tests/test_booking.py", case="test_books"),),
    )


def source(number: int) -> str:
    """The text of a file as a good model writes it: it keeps its contract."""
    base = base_of(number)
    taken = "" if base is None else f"from stock.part_{base:04} import total_{base:04}\n\n\n"
    checked = "sum(amounts)" if base is None else f"total_{base:04}(amounts)"
    rules = "\n\n\n".join(_rule(number, rule) for rule in range(_RULES))
    return (
        f'"""Books the moves of goods in part {number:04} of the store."""\n\n'
        f"{taken}"
        f"def total_{number:04}(amounts: list[int]) -> int:\n"
        f'    """Say how many pieces are there after all moves, in or out."""\n'
        f"    for amount in amounts:\n"
        f"        if not amount:\n"
        f'            raise ValueError(f"a move of {{amount!r}} pieces is none")\n'
        f"    return {checked}\n\n\n{rules}\n"
    )


def _rule(number: int, rule: int) -> str:
    return (
        f"def _shelf_{rule}(moves: dict[str, int], least: int) -> list[str]:\n"
        f"    # What falls below {rule + 1} times the least has to be ordered anew.\n"
        f"    short = [name for name, left in moves.items() if left < least * {rule + 1}]\n"
        f"    return sorted(short, key=lambda name: (moves[name], name, {number}))"
    )


def _path(number: int) -> str:
    return f"stock/part_{number:04}.py"


def _sections(files: int) -> range:
    return range(1, -(-files // _FILES_EACH) + 1)


def _entity_name(section: int) -> str:
    return f"Goods{section:04}"


def _section(number: int) -> str:
    rules = "\n".join(
        f"- Rule {rule + 1}: whoever books a move says who, when and how many pieces, and is "
        f"refused where none would be left of what section {number:04} must keep."
        for rule in range(_RULES)
    )
    return (
        f"### FR-{number}: Books the goods of section {number:04}\n\n{rules}\n\n"
        f"### {_entity_name(number)}\n\nGoods of section {number:04}, by name."
    )


def _entity(number: int) -> StoredEntity:
    names = ("name", "shelf", "pieces", "least", "ordered_by", "note")
    return StoredEntity(
        name=_entity_name(number),
        table=f"goods_{number:04}",
        description=f"Goods of section {number:04}.",
        fields=tuple(SpecField(name=name, description=f"The {name}.") for name in names),
    )


def _contract(number: int) -> FileContract:
    base = base_of(number)
    section = number // _FILES_EACH + 1
    return FileContract(
        path=_path(number),
        purpose=f"Books the moves of goods in part {number:04} of the store.",
        language="python",
        exports=(
            Export(
                name=f"total_{number:04}",
                kind="function",
                signature=f"def total_{number:04}(amounts: list[int]) -> int",
            ),
        ),
        imports=() if base is None else (Import(path=_path(base), symbols=(f"total_{base:04}",)),),
        requirements=(f"FR-{section}",),
        entities=(_entity_name(section),),
    )
