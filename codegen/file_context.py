"""Chooses what the prompts about one file show, within a number of tokens.

What a file is about comes first: its contract, the schema of its entities and endpoints, the docs
of its requirements, and what the files it imports really offer, in full as long as they fit.
Further files are shown by their signatures, then by the names they export, then not at all. So a
prompt does not grow with the number of files, and what was cut is told.

What the file itself is held to is never cut, because a model that was not shown it could not keep
it: what it exports and serves, its packages and tests, the dependencies, the names of its entities.
Where these alone are longer than the budget, the prompt is too, and that is told.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from codegen.excerpts import docs_excerpt, schema_excerpt
from core.artifacts.base import Part
from core.artifacts.schema import Schema
from core.artifacts.structure import FileContract

MOST_INDIRECT = 60
"""Files that others of the prompt import, of which signatures may be shown."""

Count = Callable[[str], int]
"""Tells how many tokens a text likely has at most."""


class Offer(Part):
    """What a file offers, without its text: signatures, or names where these are too long."""

    path: str
    exports: tuple[str, ...] = ()


class FileContext(Part):
    """What the prompts about one file show of the product.

    Attributes:
        file: its contract, as far as it fits.
        docs, schema_part: what concerns it.
        neighbours: files it imports, as the brief's writer is shown them.
        unshown: the other files it imports, by what they offer.
        sources: paths of the files it imports whose text the coder is shown.
        signatures: files known to the coder by what they offer: the others that it imports, then
            those that these import.
        tokens: of the larger one of the two prompts, without the instructions and the brief.
        budget: most tokens there should be; `tokens` are more only where `cut` says so.
        cut: what did not fit, or was left in although it does not, a sentence each.
    """

    file: FileContract
    docs: str
    schema_part: Schema
    neighbours: tuple[FileContract, ...]
    unshown: tuple[Offer, ...]
    sources: tuple[str, ...]
    signatures: tuple[Offer, ...]
    tokens: int
    budget: int
    cut: tuple[str, ...] = ()


@dataclass(frozen=True)
class Material:
    """What there is to show.

    Attributes:
        file: the contract of the file to write.
        requirements: ids of the requirements that it serves or tests.
        docs, schema: of the whole product.
        imported: files it imports, as they were written or else as they are promised.
        texts: of those that were written, by path.
        contracts: every file's contract, by path.
        beside: text of what each prompt shows besides: project and tests.
    """

    file: FileContract
    requirements: frozenset[str]
    docs: str
    schema: Schema
    imported: Sequence[FileContract]
    texts: Mapping[str, str]
    contracts: Mapping[str, FileContract]
    beside: str


def file_context(material: Material, budget: int, count: Count) -> FileContext:
    """Choose what the prompts about a file show.

    Args:
        material: what there is.
        budget: most tokens of what a prompt shows; its instructions are not counted.
        count: tells how many tokens a text has.
    """
    chooser = _Chooser(budget, count)
    about = material.file
    used = count(material.beside)
    file = chooser.contract(about, budget // 4)
    used += count(_json(file))
    schema = schema_excerpt(material.schema, about.entities, about.endpoints)
    schema = chooser.schema(schema, budget * 3 // 5 - used)
    used += count(_json(schema))
    room = max(budget - used, 0)
    neighbours, unshown = chooser.neighbours(material.imported, room // 2)
    told = sum(map(count, map(_json, (*neighbours, *unshown))))
    docs = docs_excerpt(
        material.docs, requirements=material.requirements, entities=about.entities, limit=None
    )
    docs = chooser.docs(docs, room - told)
    sources = chooser.sources(material, room * 7 // 8)
    shown = sum(count(_source(path, material.texts[path])) for path in sources)
    others = [item for item in material.imported if item.path not in sources]
    # The coder has no outlines: it is told what each file that it does not see offers.
    near = [*others, *_indirect(material)]
    signatures = chooser.offers(near, room - shown, "known by its name alone")
    writing = shown + sum(map(count, map(_json, signatures)))
    tokens = used + max(told + count(docs), writing)
    if tokens > budget:
        chooser.cut.append(
            f"nothing more could be cut, and the prompt is {tokens - budget} tokens longer than "
            "its budget: the contract, the tests and the dependencies are shown in full"
        )
    return FileContext(
        file=file,
        docs=docs,
        schema_part=schema,
        neighbours=neighbours,
        unshown=unshown,
        sources=sources,
        signatures=signatures,
        tokens=tokens,
        budget=budget,
        cut=tuple(dict.fromkeys(chooser.cut)),
    )


class _Chooser:
    """Takes what fits, and notes what does not."""

    def __init__(self, budget: int, count: Count) -> None:
        self._budget = budget
        self._count = count
        self.cut: list[str] = []

    def contract(self, file: FileContract, room: int) -> FileContract:
        """The contract; where its imports do not fit without their symbols, then without some."""
        if self._count(_json(file)) <= room:
            return file
        plain = tuple(item.model_copy(update={"symbols": ()}) for item in file.imports)
        bare = file.model_copy(update={"imports": plain})
        cut = sum(bool(item.symbols) for item in file.imports)
        if cut:
            self.cut.append(f"names that it imports from {cut} files")
        size = self._count(_json(bare))
        if size > room and plain:
            each = max(self._count(_json(plain)) // len(plain), 1)
            kept = max(len(plain) - (size - room) // each - 1, 0)
            bare = file.model_copy(update={"imports": plain[:kept]})
            self.cut.append(f"{len(plain) - kept} of the files that it imports")
        return bare

    def schema(self, schema: Schema, room: int) -> Schema:
        """The schema's part; entities that do not fit are there by name and table alone."""
        if self._count(_json(schema)) <= room:
            return schema
        bare = [item.model_copy(update=_BARE) for item in schema.entities]
        size = self._count(_json(Schema(entities=tuple(bare))))
        reserved = min(self._count(_json(schema.endpoints)), room // 3)
        kept = list(bare)
        for position, entity in enumerate(schema.entities):
            more = self._count(_json(entity)) - self._count(_json(bare[position]))
            if size + more <= room - reserved:
                kept[position] = entity
                size += more
        endpoints = list(schema.endpoints)
        while endpoints and size + self._count(_json(endpoints)) > room:
            del endpoints[len(endpoints) * 3 // 4 :]
        self.cut += _missing("fields of entities", len(schema.entities), _same(kept, schema))
        self.cut += _missing("endpoints", len(schema.endpoints), len(endpoints))
        return Schema(entities=tuple(kept), endpoints=tuple(endpoints))

    def docs(self, docs: str, room: int) -> str:
        """The docs' part, as far as it fits."""
        if self._count(docs) <= room:
            return docs
        self.cut.append("the end of the docs that concern it")
        share = max(room, 0) / max(self._count(docs), 1)
        return docs[: int(len(docs) * share)]

    def neighbours(
        self, imported: Sequence[FileContract], room: int
    ) -> tuple[tuple[FileContract, ...], tuple[Offer, ...]]:
        """Outlines of the files that fit, and what the others offer."""
        outlines = [outline(item) for item in imported]
        kept = self._fitting(outlines, room)
        rest = room - sum(self._count(_json(item)) for item in outlines[:kept])
        offers = self.offers(imported[kept:], rest, "known to the brief by its name alone")
        return tuple(outlines[:kept]), offers

    def sources(self, material: Material, room: int) -> tuple[str, ...]:
        """Paths of the files whose text fits, those named first before others."""
        chosen: list[str] = []
        for item in material.imported:
            text = material.texts.get(item.path)
            if text is None:
                continue
            size = self._count(_source(item.path, text))
            if size <= room:
                chosen.append(item.path)
                room -= size
            else:
                self.cut.append(f"the text of {item.path}")
        return tuple(chosen)

    def offers(self, files: Sequence[FileContract], room: int, otherwise: str) -> tuple[Offer, ...]:
        """What files offer: signatures as long as they fit, then names, then nothing."""
        found: list[Offer] = []
        for number, item in enumerate(files):
            full = Offer(
                path=item.path, exports=tuple(one.signature or one.name for one in item.exports)
            )
            names = Offer(path=item.path, exports=tuple(one.name for one in item.exports))
            for offer in (full, names):
                size = self._count(_json(offer))
                if size <= room:
                    found.append(offer)
                    room -= size
                    if offer is names and full != names:
                        self.cut.append(f"signatures of {item.path}, {otherwise}")
                    break
            else:
                self.cut.append(
                    f"{len(files) - number} files that could be shown by what they offer"
                )
                break
        return tuple(found)

    def _fitting(self, items: Sequence[Part], room: int) -> int:
        for number, item in enumerate(items):
            room -= self._count(_json(item))
            if room < 0:
                return number
        return len(items)


_BARE = {"fields": (), "relations": (), "description": ""}


def outline(file: FileContract) -> FileContract:
    """A contract as others need it: path, purpose and exports."""
    return FileContract(path=file.path, purpose=file.purpose, exports=file.exports)


def _indirect(material: Material) -> list[FileContract]:
    """Files that the imported ones import, and so on, the nearest first."""
    seen = {material.file.path, *(item.path for item in material.imported)}
    found: list[FileContract] = []
    near: Sequence[FileContract] = material.imported
    while near and len(found) < MOST_INDIRECT:
        paths = dict.fromkeys(item.path for file in near for item in file.imports)
        near = [
            material.contracts[path]
            for path in paths
            if path not in seen and path in material.contracts
        ][: MOST_INDIRECT - len(found)]
        seen.update(item.path for item in near)
        found += near
    return [file for file in found if file.exports]


def _missing(what: str, there: int, kept: int) -> Iterable[str]:
    return [f"{what}: {there - kept} of {there}"] if kept < there else []


def _same(kept: Sequence[Part], schema: Schema) -> int:
    return sum(one == other for one, other in zip(kept, schema.entities, strict=True))


def _source(path: str, text: str) -> str:
    """As a file's text stands in a prompt: with its path, and escaped as JSON is."""
    return json.dumps({"path": path, "content": text}, ensure_ascii=False, indent=1)


def _json(value: Part | Sequence[Part]) -> str:
    """As the value stands in a prompt."""
    if isinstance(value, Part):
        return value.model_dump_json(indent=1)
    return "\n".join(item.model_dump_json(indent=1) for item in value)
