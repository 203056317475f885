"""Checks of files' contracts without a model: languages, names, imports and packages."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from codegen.issues import Problem
from codegen.legal_names import identifier_problem
from codegen.manifests import fixes_versions
from codegen.source.languages import Language, language_of
from codegen.source.packages import declares
from codegen.source.platforms import is_node_builtin, is_python_standard
from core.artifacts.structure import Dependency, FileContract

MAX_IMPORTS = 150
"""Files that one file may import; more would not fit into the prompt that asks for it."""

_ECOSYSTEMS = {
    Language.PYTHON: "python",
    Language.GO: "go",
    Language.JAVASCRIPT: "npm",
    Language.TYPESCRIPT: "npm",
    Language.TSX: "npm",
    Language.SVELTE: "npm",
}
"""Languages whose names and packages are checked."""

_TAKEN_OVER = frozenset({"pyproject.toml", "package.json", "web/package.json"})
"""Manifests that packs take over from a plan where they serve the product."""

_ALIKE = ({Language.TYPESCRIPT, Language.TSX}, {Language.CSS, Language.SCSS})
"""Languages that are called by one another's names."""


def contract_problems(
    files: Mapping[str, FileContract], about: Iterable[str], dependencies: Iterable[Dependency]
) -> Iterator[Problem]:
    """Problems of some files' contracts.

    Args:
        files: every file there is so far, by path.
        about: paths of those to check.
        dependencies: packages that may be imported.
    """
    declared = tuple(dependencies)
    for path in about:
        file = files[path]
        yield from _language_problems(file)
        yield from manifest_problems([file], but=_TAKEN_OVER)
        yield from _export_problems(file)
        yield from _import_problems(file, files)
        yield from _package_problems(file, declared)


def manifest_problems(
    files: Iterable[FileContract], but: Collection[str] = ()
) -> Iterator[Problem]:
    """Manifests and locks that a model would write, and so invent versions.

    Args:
        files: contracts.
        but: paths that are allowed.
    """
    for file in files:
        if fixes_versions(file.path) and not file.template and file.path not in but:
            yield Problem(
                file.path,
                "it says which versions of packages are installed, which only programs write",
                "Leave it out: manifests are written from the declared dependencies.",
            )


def with_language(file: FileContract) -> FileContract:
    """The contract with its language: as declared, else as the file's name says, else text."""
    if file.language:
        return file
    known = language_of(file.path)
    return file.model_copy(update={"language": known.value if known else "text"})


def _language_problems(file: FileContract) -> Iterator[Problem]:
    named = language_of(file.path)
    declared = language_of("file", file.language)
    if named is None or declared is None or named is declared:
        return
    if not any({named, declared} <= alike for alike in _ALIKE):
        yield Problem(
            file.path,
            f"its language is {file.language!r}, and its name says {named.value!r}",
            "Correct the language or the path.",
        )


def _export_problems(file: FileContract) -> Iterator[Problem]:
    language = language_of(file.path, file.language)
    names = Counter(item.name for item in file.exports)
    for name, times in names.items():
        if times > 1:
            yield Problem(
                file.path, f"it exports {name!r} {times} times", "Give each export its own name."
            )
        if language is None or language not in _ECOSYSTEMS:
            continue
        if problem := identifier_problem(name, language):
            yield Problem(
                file.path,
                f"it exports {name!r}, which {problem}",
                "Give the bare name, and write the rest into the signature.",
            )


def _import_problems(file: FileContract, files: Mapping[str, FileContract]) -> Iterator[Problem]:
    if len(file.imports) > MAX_IMPORTS and not file.template:
        yield Problem(
            file.path,
            f"it imports {len(file.imports)} files; at most {MAX_IMPORTS} are allowed",
            "Put what belongs together behind files that each offer a part of it.",
        )
    for item in file.imports:
        if item.path == file.path:
            yield Problem(file.path, "it imports itself", "Take that import out.")
        elif item.path not in files:
            yield Problem(
                file.path,
                f"it imports {item.path!r}, which is no file of the structure",
                "Import an existing file, or add that file.",
            )
        else:
            yield from _symbol_problems(file, item.symbols, files[item.path])
            yield from _module_problems(file, item.path)


def _symbol_problems(
    file: FileContract, symbols: Iterable[str], target: FileContract
) -> Iterator[Problem]:
    if target.template and not target.exports:
        return  # its template says what it exports, and the file is held to that when written
    exports = {item.name for item in target.exports}
    for symbol in symbols:
        if symbol not in exports:
            yield Problem(
                file.path,
                f"it imports {symbol!r} from {target.path!r}, which does not export it",
                "Add the export there, or import what is exported.",
            )


def _module_problems(file: FileContract, path: str) -> Iterator[Problem]:
    """A Python file can only be imported by a dotted name."""
    if not (file.path.endswith(".py") and path.endswith(".py")):
        return
    for part in PurePosixPath(path).with_suffix("").parts:
        if problem := identifier_problem(part, Language.PYTHON.value):
            yield Problem(
                path,
                f"{file.path!r} imports it, and {part!r} in its path {problem}",
                "Name Python files and their folders as Python names things.",
            )


def _package_problems(
    file: FileContract, dependencies: tuple[Dependency, ...]
) -> Iterator[Problem]:
    ecosystem = _ECOSYSTEMS.get(language_of(file.path, file.language) or Language.SQL)
    if ecosystem is None:
        return
    for name in file.packages:
        if declares(dependencies, name, ecosystem) or _is_standard(name, ecosystem):
            continue
        listed = ", ".join(item.name for item in dependencies if item.ecosystem == ecosystem)
        yield Problem(
            file.path,
            f"it imports the package {name!r}, which is not declared",
            f"Use the standard library or a declared dependency: {listed[:300] or 'none'}.",
        )


def _is_standard(name: str, ecosystem: str) -> bool:
    if ecosystem == "npm":
        return is_node_builtin(name)
    return ecosystem == "python" and is_python_standard(name.partition(".")[0])
