"""Holds what a file really imports to what there is."""

from collections.abc import Mapping, Sequence

from codegen.source.contract_exports import nearest
from codegen.source.findings import Finding
from codegen.source.interface import imports_of
from codegen.source.languages import Language, language_of
from codegen.source.lookup import has_name, names_in
from codegen.source.names import Exports, SourceImport
from codegen.source.packages import declares
from codegen.source.targets import Target, Tree, python_submodule, target_of
from core.artifacts.structure import Dependency, FileContract, Severity


def import_findings(
    contract: FileContract,
    text: str,
    index: Mapping[str, Exports],
    dependencies: Sequence[Dependency],
    tree: Tree,
) -> list[Finding]:
    """Say which imports mean nothing that exists, and which the contract does not name.

    Args:
        contract: of the file.
        text: the whole file.
        index: what the other files export; those not written yet as their contracts promise.
        dependencies: packages that may be imported.
        tree: the repository around the file.
    """
    findings: list[Finding] = []
    promised = {item.path for item in contract.imports}
    used: set[str] = set()
    for item in imports_of(contract.path, text, contract.language):
        target = target_of(item, contract.path, tree, contract.language, dependencies)
        match target.kind:
            case "file" | "folder":
                used |= _used_files(item, target, tree)
                findings += _names(item, target, contract, index, tree)
            case "missing":
                findings.append(_no_file(item, target, tree))
            case "package":
                findings += _package(item, target, contract, dependencies)
                findings += _unlisted(item, target, contract, dependencies, tree)
            case _:
                pass
    code = [path for path in promised - used if language_of(path) in _LANGUAGES_WITH_IMPORTS]
    findings += [_unused(path) for path in sorted(code)] if text.strip() else []
    return findings


_LANGUAGES_WITH_IMPORTS = frozenset(
    {Language.PYTHON, Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX, Language.SVELTE}
)

_NPM = _LANGUAGES_WITH_IMPORTS - {Language.PYTHON}


def _used_files(item: SourceImport, target: Target, tree: Tree) -> set[str]:
    """The files an import takes, submodules of a package among them."""
    found = {target.name} if target.kind == "file" else set[str]()
    for name in item.names:
        if name.isidentifier() and (inner := python_submodule(target, name, tree)):
            found.add(inner.name)
    if target.kind == "folder":
        found |= {path for path in tree.paths if path.rpartition("/")[0] == target.name}
    return found


def _names(
    item: SourceImport,
    target: Target,
    contract: FileContract,
    index: Mapping[str, Exports],
    tree: Tree,
) -> list[Finding]:
    findings: list[Finding] = []
    language = language_of(contract.path, contract.language)
    for name in item.names:
        if name == "*" or (name == "default" and not _has_defaults(target)):
            continue
        if _declared_elsewhere(target, tree):
            continue
        if target.kind == "folder":
            exists = _in_folder(name, target, index, tree, language)
        else:
            exists = has_name(name, target.name, index, tree)
        if exists is False:
            findings.append(_no_name(item, name, target, index))
    if not _promised(item, target, contract, tree):
        findings.append(
            Finding(
                severity=Severity.WARNING,
                code="unpromised-import",
                line=item.line,
                message=f"it imports from {target.name!r} what its contract does not name",
                suggestion="Import only the files that the contract names.",
            )
        )
    return findings


def _declared_elsewhere(target: Target, tree: Tree) -> bool:
    """Whether a file of declarations stands beside it and says what it exports."""
    stem = target.name.rpartition(".")[0]
    beside = {
        f"{stem}.d.ts",
        f"{target.name}.d.ts",
        f"{stem}.d.mts",
        f"{stem}.d.cts",
        f"{stem}.pyi",
    }
    return bool((beside - {target.name}) & tree.paths)


def _has_defaults(target: Target) -> bool:
    """Whether a default import is one by name; CommonJS and data give themselves."""
    return not target.name.endswith((".cjs", ".json", ".css", ".scss"))


def _in_folder(
    name: str, target: Target, index: Mapping[str, Exports], tree: Tree, language: Language | None
) -> bool | None:
    if language is Language.PYTHON:
        return python_submodule(target, name, tree) is not None
    files = [path for path in tree.paths if path.rpartition("/")[0] == target.name]
    answers = [has_name(name, path, index, tree) for path in files if path.endswith(".go")]
    if any(answers):
        return True
    return None if None in answers else False


def _promised(item: SourceImport, target: Target, contract: FileContract, tree: Tree) -> bool:
    """Whether the contract names the file, or everything that is taken through it."""
    promised = {imported.path for imported in contract.imports} | {contract.path}
    if target.name in promised:
        return True
    taken = [python_submodule(target, name, tree) for name in item.names]
    if target.kind == "folder" and not any(taken):
        return True  # a package of files that go by one name
    return bool(taken) and all(inner is not None and inner.name in promised for inner in taken)


def _no_name(
    item: SourceImport, name: str, target: Target, index: Mapping[str, Exports]
) -> Finding:
    names = names_in(target.name, index)
    near = nearest(name, names)
    what = "has no default export" if name == "default" else f"does not export {name!r}"
    listed = ", ".join(names)[:300]
    return Finding(
        severity=Severity.WARNING if item.kind == "optional" else Severity.ERROR,
        code="unknown-name",
        line=item.line,
        message=f"it imports from {target.name!r}, which {what}"
        + (f"; it has {near!r}" if near else ""),
        suggestion=f"Import what it exports: {listed}." if listed else "Import what it exports.",
    )


def _no_file(item: SourceImport, target: Target, tree: Tree) -> Finding:
    near = nearest(target.name, sorted(tree.paths))
    gentle = item.kind in {"optional", "link"}
    return Finding(
        severity=Severity.WARNING if gentle else Severity.ERROR,
        code="unknown-file",
        line=item.line,
        message=f"it imports {item.module!r}, and there is no file {target.name!r}",
        suggestion=f"Perhaps {near!r} is meant." if near else "Import a file that exists.",
    )


def _package(
    item: SourceImport,
    target: Target,
    contract: FileContract,
    dependencies: Sequence[Dependency],
) -> list[Finding]:
    language = language_of(contract.path, contract.language)
    ecosystem = {Language.PYTHON: "python", Language.GO: "go"}.get(language or Language.SQL, "npm")
    if item.kind == "link" or declares(dependencies, target.name, ecosystem):
        return []
    names = [entry.name for entry in dependencies if entry.ecosystem == ecosystem]
    listed = ", ".join(names)[:300] or "none"
    gentle = item.kind == "optional"
    return [
        Finding(
            severity=Severity.WARNING if gentle else Severity.ERROR,
            code="undeclared-package",
            line=item.line,
            message=f"it imports the package {target.name!r}, which is not declared",
            suggestion=f"Use the standard library, this repository's files or declared packages: "
            f"{listed}.",
        )
    ]


def _unlisted(
    item: SourceImport,
    target: Target,
    contract: FileContract,
    dependencies: Sequence[Dependency],
    tree: Tree,
) -> list[Finding]:
    """A package that is declared, and listed by another `package.json` than this file's.

    Tools for tests are left to the check of the finished repository.
    """
    folders = [entry for entry in tree.listed if contract.path.startswith(entry[0])]
    language = language_of(contract.path, contract.language)
    if not folders or language not in _NPM or item.kind in {"link", "type", "optional"}:
        return []
    folder, names = max(folders, key=lambda entry: len(entry[0]))
    near = [entry for entry in dependencies if entry.development or entry.name in names]
    if declares(near, target.name, "npm") or not declares(dependencies, target.name, "npm"):
        return []
    return [
        Finding(
            severity=Severity.ERROR,
            code="undeclared-package",
            line=item.line,
            message=f"it imports the package {target.name!r}, which {f'{folder}package.json'!r} "
            "does not list: no contract of a file below it names that package",
            suggestion=f"Do without it, or use one of: {', '.join(sorted(names))[:300] or 'none'}.",
        )
    ]


def _unused(path: str) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        code="unused-promise",
        message=f"its contract says that it imports {path!r}; it does not",
        suggestion="Import it if it is needed.",
    )
