"""What a file offers to others and what it takes from them."""

import re
from typing import Literal

from pydantic import Field

from core.artifacts.base import Part
from core.artifacts.structure import Export, FileContract

_SAYS_DEFAULT = re.compile(r"\s*export\s+default\b")

ExportKind = Literal["class", "function", "constant", "component", "type", "other"]


class SourceExport(Part):
    """A name that other files can take from a file.

    Attributes:
        name: as others write it; `default` for a default export.
        local: what a default export is called inside the file.
        kind: `other` where the source does not tell (`app = create_app()`).
        signature: as it stands in the source, on one line.
        members: signatures of a class's public methods and fields, inherited ones not included.
        bases: names a class is derived from.
        origin: module it is passed on from, as written; empty if it is defined here.
        original: its name there; empty for the module itself.
        offered: whether it is meant for others; Python lets private and imported names be taken.
    """

    name: str = Field(min_length=1)
    local: str = ""
    kind: ExportKind = "other"
    signature: str = ""
    members: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    line: int = 0
    origin: str = ""
    original: str = ""
    offered: bool = True


class Exports(Part):
    """Everything that can be taken from a file.

    Attributes:
        names: each once, in the order of the source.
        stars: modules all of whose names are passed on, as written.
        open: there can be names that cannot be seen in the source; a missing one is no error.
    """

    names: tuple[SourceExport, ...] = ()
    stars: tuple[str, ...] = ()
    open: bool = False

    def named(self, name: str) -> SourceExport | None:
        """The export of a name; a default export also goes by its name inside the file."""
        by_name = {item.name: item for item in self.names}
        by_local = {item.local: item for item in self.names if item.local}
        return by_name.get(name) or by_local.get(name)


class SourceImport(Part):
    """What a file takes from one module, in one place.

    Attributes:
        module: as written, with a relative import's dots in front.
        names: what is taken by name; `default` for a default import, `*` for everything.
        kind: `static`; `dynamic` if a call makes it, of a module named in a literal; `type` if it
            is gone when running; `optional` if the program goes on where it fails; `link` for what
            a page or style sheet refers to.
        line: from 1.
    """

    module: str
    names: tuple[str, ...] = ()
    kind: Literal["static", "dynamic", "type", "optional", "link"] = "static"
    line: int = 0


def promised_exports(contract: FileContract) -> Exports:
    """What a file that is not written yet will offer, as its contract says.

    A contract gives a default export the name it has in the file, and seldom says that it is one:
    what can be one can also be taken as one.
    """
    names = [_promised(item) for item in contract.exports]
    if all(item.name != "default" for item in names):
        default = [item for item in contract.exports if _can_be_default(item)]
        if contract.path.endswith(".svelte"):
            names.append(SourceExport(name="default", kind="component"))
        elif default:
            names.append(_promised(default[0]).model_copy(update={"name": "default"}))
    return Exports(names=tuple(names))


def _promised(item: Export) -> SourceExport:
    return SourceExport(name=item.name, kind=item.kind, signature=item.signature)


def _can_be_default(item: Export) -> bool:
    return item.kind == "component" or bool(_SAYS_DEFAULT.match(item.signature))
