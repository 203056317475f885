"""Stage 7 of a changed product: which files are written again, and which stay as they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from codegen.change.docs_sections import without_overview
from codegen.excerpts import docs_excerpt
from codegen.schema_docs import without_schema
from codegen.source.interface import exports_of
from core.artifacts.base import Part
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileContract, Import, PlannedTest

_FOR_PEOPLE = frozenset({"markdown", "html"})
"""Languages of files that people read as they are."""


@dataclass(frozen=True)
class Design:
    """What the files of one build are written by.

    Attributes:
        docs, schema: of the product.
        contracts: every file's contract, by path.
        tests: the acceptance tests.
    """

    docs: str
    schema: Schema
    contracts: Mapping[str, FileContract]
    tests: tuple[PlannedTest, ...]


class _Slice(Part):
    """What of the product one file is about."""

    file: FileContract
    tests: tuple[PlannedTest, ...]
    docs: str
    entities: tuple[StoredEntity, ...]
    endpoints: tuple[Endpoint, ...]


def is_same_task(path: str, before: Design, after: Design) -> bool:
    """Whether a file has the same contract, and what it is about says the same.

    It is about the requirements and entities that its contract or its tests name, and the
    endpoints that it serves, with their entities. Other endpoints of the entities it names are
    looked at as well, but for those that are new: whoever needs these has a contract that says so.
    """
    if path not in before.contracts or path not in after.contracts:
        return False
    known = {item.id for item in before.schema.endpoints}
    return _slice(path, before, known) == _slice(path, after, known)


def speaks_of_product(file: FileContract, text: str, spec: CleanSpec) -> bool:
    """Whether a file tells people of the product as a whole, which is different now.

    What the product has to do stands in requirements, and reaches files by these. Pages and prose
    tell of more, and so does a file that has words of the summary.

    Args:
        file: the contract.
        text: of the file, as it is.
        spec: the clean spec that it was written by.
    """
    if file.language in _FOR_PEOPLE:
        return True
    lead = " ".join(re.split(r"[.!?\n]", spec.summary.strip(), maxsplit=1)[0].split()).casefold()
    return bool(lead) and lead in " ".join(text.split()).casefold()


def _slice(path: str, design: Design, known: set[str]) -> _Slice:
    file = design.contracts[path]
    tests = tuple(test for test in design.tests if test.path == path)
    requirements = {*file.requirements, *(test.requirement for test in tests)}
    served = (item.entity for item in design.schema.endpoints if item.id in file.endpoints)
    about = {*file.entities, *served}
    return _Slice(
        file=file,
        tests=tests,
        docs=docs_excerpt(
            without_overview(without_schema(design.docs)),
            requirements=requirements,
            entities=file.entities,
            limit=None,
        ),
        entities=tuple(item for item in design.schema.entities if item.name in about),
        endpoints=tuple(
            item.model_copy(update={"requirements": ()})
            for item in design.schema.endpoints
            if item.id in file.endpoints or (item.entity in file.entities and item.id in known)
        ),
    )


def uses_the_same(
    file: FileContract,
    contracts: tuple[Mapping[str, FileContract], Mapping[str, FileContract]],
    texts: tuple[Mapping[str, str], Mapping[str, str]],
) -> bool:
    """Whether what a file takes of others is what they offered before.

    Of a file that it only has to agree with, and takes no name of, it is all that this one offers
    and serves.

    Args:
        file: the contract of the file.
        contracts: every file's contract, by path, of the build before and of this one.
        texts: of the files it imports, by path, before and now.
    """
    return all(_is_same_offer(item, contracts, texts) for item in file.imports)


def _is_same_offer(
    item: Import,
    contracts: tuple[Mapping[str, FileContract], Mapping[str, FileContract]],
    texts: tuple[Mapping[str, str], Mapping[str, str]],
) -> bool:
    before, after = (of.get(item.path) for of in texts)
    if before == after:
        return True
    if before is None or after is None:
        return False
    old, new = exports_of(item.path, before), exports_of(item.path, after)
    if item.symbols:
        names = [name.partition(".")[0] for name in item.symbols]
        return all(_unplaced(old.named(n)) == _unplaced(new.named(n)) for n in names)
    served = [of[item.path].endpoints if item.path in of else () for of in contracts]
    return served[0] == served[1] and [_unplaced(one) for one in old.names] == [
        _unplaced(one) for one in new.names
    ]


def _unplaced(export: Part | None) -> Part | None:
    """An export wherever it stands in its file."""
    return None if export is None else export.model_copy(update={"line": 0})
