"""Holds one file of a repository to its contract, as stage 7 does before it accepts it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from codegen.gate import gate
from codegen.scaffolds.manifest_parts import node_dependencies
from codegen.source.interface import exports_of
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.names import Exports, promised_exports
from codegen.source.targets import Tree, tree_of
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
