"""Holds one file of a repository to its contract, as stage 7 does before it accepts it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic import Field

from codegen.extraction import extract_file
from codegen.gate import gate
from codegen.manifests import refuse_undeclared_modules
from codegen.scaffolds.manifest_parts import node_dependencies
from codegen.source.interface import exports_of
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.names import Exports, promised_exports
from codegen.source.targets import Tree, tree_of
from core.artifacts.base import Part
from core.artifacts.structure import Dependency, FileContract, ValidatedStructure

_CODE = SCRIPTS | {Language.PYTHON, Language.SVELTE, Language.GO}
"""Languages whose imports need what they name; pages and style sheets only point to it."""

_FOLDERS = ("", "web/")
"""Of the `package.json` files that packs serve, where a front end has one of its own."""


@lru_cache(maxsize=2)
def tree_of_structure(structure: str) -> Tree:
    """Every path of a repository, and what its manifests will list, read once for all its files.

    Args:
        structure: JSON of the validated structure.
    """
    read = ValidatedStructure.model_validate_json(structure)
    tree = tree_of(file.path for file in read.files)
    served = {file.path for file in read.files if file.template}
    if not {f"{folder}package.json" for folder in _FOLDERS} <= served:
        return tree
    planned = [file for file in read.files if not file.template]
    npm = [item for item in read.dependencies if item.ecosystem == "npm"]
    listed = [
        (folder, frozenset(item.name for item in node_dependencies(npm, planned, folder, True)))
        for folder in _FOLDERS
    ]
    return replace(tree, listed=tuple(listed))


def known_exports(files: Iterable[FileContract], texts: Mapping[str, str]) -> dict[str, Exports]:
    """What files offer: as they were written, or as their contracts say.

    Args:
        files: contracts.
        texts: of those that are written, by path.
    """
    promised = {file.path: promised_exports(file) for file in files}
    return promised | {path: exports_of(path, text) for path, text in texts.items()}


def refuse_file(
    contract: FileContract,
    text: str,
    index: Mapping[str, Exports],
    dependencies: Sequence[Dependency],
    tree: Tree,
) -> None:
    """Refuse a file that the gate refuses, or that imports what its contract does not name.

    A file that is there, but not in the contract, may be written later, and nobody would know who
    needs it.

    Args:
        contract: of the file.
        text: the whole file.
        index: what the files it imports export.
        dependencies: packages that may be imported.
        tree: every path of the repository.

    Raises:
        ValueError: names what is wrong, fit to be shown to the model that wrote the file.
    """
    result = gate(contract, text, index, dependencies, tree)
    result.refuse_errors(contract.path)
    if language_of(contract.path, contract.language) not in _CODE:
        return
    breaches = [f"- {item}" for item in result.findings if item.code == "unpromised-import"]
    if breaches:
        raise ValueError("\n".join([f"{contract.path!r} cannot be accepted:", *breaches]))


class Surroundings(Part):
    """What a file is held to.

    Attributes:
        file: its contract.
        neighbours: contracts of the files it imports.
        texts: of those that are written, by path.
        dependencies: packages that may be imported.
    """

    file: FileContract
    neighbours: tuple[FileContract, ...] = ()
    texts: dict[str, str] = Field(default_factory=dict[str, str])
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class FileGate:
    """Takes files out of a model's answers; it can be sent to another process.

    Attributes:
        structure: JSON of the validated structure that the files belong to.
    """

    structure: str

    def __call__(self, answer: str, around: Surroundings) -> str:
        """Take one file's text out of an answer.

        Raises:
            ValueError: there is none, or it is refused; fit to be shown to the model.
        """
        path = around.file.path
        text = extract_file(answer, path)
        refuse_undeclared_modules(path, text, around.dependencies)
        index = known_exports(around.neighbours, around.texts)
        # No input of a file's result: what it may import stands in its contract. The tree only
        # tells an import that breaks the contract from one that means nothing.
        tree = tree_of_structure(self.structure)
        refuse_file(around.file, text, index, around.dependencies, tree)
        return text
