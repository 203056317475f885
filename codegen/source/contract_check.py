"""Holds a file to its contract, and amends the contract where the file is right."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from codegen.source.contract_exports import export_findings, promised_name
from codegen.source.contract_imports import import_findings
from codegen.source.findings import Finding
from codegen.source.interface import exports_of, imports_of
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.names import Exports, SourceExport
from codegen.source.signatures import signature_of
from codegen.source.targets import Tree, python_submodule, target_of, tree_of
from core.artifacts.structure import Dependency, Export, FileContract, Import

_AMENDED = SCRIPTS | {Language.PYTHON, Language.GO}


def contract_findings(
    contract: FileContract,
    text: str,
    index: Mapping[str, Exports],
    dependencies: Sequence[Dependency] = (),
    tree: Tree | None = None,
) -> list[Finding]:
    """Say where a file's real exports and imports are not what its contract promises.

    Args:
        contract: of the file.
        text: the whole file.
        index: what each other file exports: as `exports_of` read it, or as `promised_exports` has
            it from the contract where the file is not written yet.
        dependencies: packages that may be imported.
        tree: the repository around the file; the paths of the index if left out.
    """
    around = tree or tree_of([*index, contract.path])
    return [
        *export_findings(contract, text, index, around),
        *import_findings(contract, text, index, dependencies, around),
    ]


def amended_contract(
    contract: FileContract, text: str, index: Mapping[str, Exports], tree: Tree | None = None
) -> FileContract | None:
    """The contract as a file that keeps it really is.

    Further exports, signatures with more parameters that may be left out, and further imports of
    existing files are right as they stand, and files that depend on this one should know them.

    Returns:
        None if the contract says it all already.
    """
    around = tree or tree_of([*index, contract.path])
    if language_of(contract.path, contract.language) not in _AMENDED:
        return None
    exports = _exports(contract, exports_of(contract.path, text, contract.language))
    imports = _imports(contract, text, around)
    if exports == contract.exports and imports == contract.imports:
        return None
    return contract.model_copy(update={"exports": exports, "imports": imports})


def _exports(contract: FileContract, actual: Exports) -> tuple[Export, ...]:
    language = language_of(contract.path, contract.language)
    kept: list[Export] = []
    known: set[str] = set()
    for promised in contract.exports:
        item = promised_name(promised, contract, actual)
        if item is not None:
            known |= {item.name, item.local} - {""}
        differs = (
            item is not None
            and promised.signature
            and item.kind in {"function", "component"}
            and "." not in promised.name
            and signature_of(language, item.signature)
            not in {None, signature_of(language, promised.signature)}
        )
        kept.append(
            promised.model_copy(update={"signature": item.signature})
            if item is not None and differs
            else promised
        )
    if not _is_test(contract.path):
        kept += [_as_export(item) for item in actual.names if _is_extra(item, known)]
    return tuple(kept)


def _is_extra(item: SourceExport, known: set[str]) -> bool:
    return bool(
        item.offered
        and not item.origin
        and not {item.name, item.local} & known
        and not item.name.startswith("_")
        and len(item.name) <= 200
    )


def _as_export(item: SourceExport) -> Export:
    return Export(name=item.name, kind=item.kind, signature=item.signature)


def _is_test(path: str) -> bool:
    """Whether nothing imports the file, because it holds tests."""
    name = PurePosixPath(path).name
    return name.startswith("test_") or any(
        mark in name for mark in ("_test.", ".test.", ".spec.", "conftest.")
    )


def _imports(contract: FileContract, text: str, tree: Tree) -> tuple[Import, ...]:
    """The contract's imports, with files and names that the source takes besides."""
    taken: dict[str, list[str]] = {item.path: list(item.symbols) for item in contract.imports}
    for item in imports_of(contract.path, text, contract.language):
        target = target_of(item, contract.path, tree, contract.language)
        if target.kind not in {"file", "folder"} or target.name == contract.path:
            continue
        names: list[str] = []
        for name in item.names:
            inner = python_submodule(target, name, tree)
            if inner is not None and inner.kind == "file":
                taken.setdefault(inner.name, [])
            elif name not in {"*", "default"}:
                names.append(name)
        if target.kind == "file" and (
            names or not item.names or target.name in taken or "default" in item.names
        ):
            symbols = taken.setdefault(target.name, [])
            symbols += [name for name in names if name not in symbols]
    return tuple(Import(path=path, symbols=tuple(names)) for path, names in taken.items())
