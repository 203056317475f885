"""Shows the structure of a repository as Markdown, for whoever approves it before it is written."""

from codegen.scaffolds.serving import is_scaffold
from core.artifacts.structure import FileContract, Module, ValidatedStructure
from core.layout import VALIDATED_STRUCTURE
from core.markdown import code, plain, table

_FILES_SHOWN = 500
_OFFERED = 6
_NOTHING = "–"


def structure_page(name: str, structure: ValidatedStructure, cost: str) -> str:
    """All files with their contracts, the planned tests, the packages, and what writing them costs.

    Args:
        name: of the product.
        structure: what is to be written.
        cost: Markdown that tells what that is expected to cost.
    """
    parts = [
        f"# Structure of {plain(name)}",
        structure_summary(structure),
        "## Expected cost",
        cost,
        "## Files",
        *_modules(structure),
        "## Acceptance tests",
        _tests(structure),
        "## Packages",
        _packages(structure),
        *_issues(structure),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def structure_summary(structure: ValidatedStructure) -> str:
    """How large it is, in a sentence."""
    written = sum(not file.template for file in structure.files)
    served = len(structure.files) - written
    files = f"{written} {'file' if written == 1 else 'files'}"
    also = f", and {served} from templates," if served else ""
    modules = f"{len(structure.modules)} {'module' if len(structure.modules) == 1 else 'modules'}"
    return f"Models write {files}{also} in {modules}; {len(structure.tests)} tests are planned."


def _modules(structure: ValidatedStructure) -> list[str]:
    parts: list[str] = []
    room = _FILES_SHOWN
    for module in structure.modules:
        if room <= 0:
            break
        parts += [f"### {plain(module.name)}", plain(module.purpose), _files(module, room)]
        room -= len(module.files)
    left = len(structure.files) - _FILES_SHOWN
    if left > 0:
        parts.append(f"… and {left} more, in {code(VALIDATED_STRUCTURE)}.")
    return parts


def _files(module: Module, room: int) -> str:
    head = ("file", "what for", "offers", "imports", "requirements")
    if is_scaffold(module):
        rows = [(code(file.path), plain(file.purpose)) for file in module.files[:room]]
        return table(head[:2], rows)
    return table(head, (_row(file) for file in module.files[:room]))


def _row(file: FileContract) -> tuple[str, ...]:
    return (
        code(file.path),
        plain(file.purpose),
        _some([code(one.signature or one.name) for one in file.exports]),
        _some([code(one.path) for one in file.imports]),
        plain(", ".join(file.requirements)) or _NOTHING,
    )


def _some(names: list[str]) -> str:
    """A few of them, in a cell of a table."""
    shown = [name.replace("|", "\\|") for name in names[:_OFFERED]]
    more = [f"{len(names) - _OFFERED} more"] if len(names) > _OFFERED else []
    return "<br>".join([*shown, *more]) or _NOTHING


def _tests(structure: ValidatedStructure) -> str:
    rows = [
        (test.requirement, code(test.case), code(test.path))
        for test in sorted(structure.tests, key=lambda test: int(test.requirement[3:]))
    ]
    return table(("requirement", "test", "file"), rows) if rows else "None is planned."


def _packages(structure: ValidatedStructure) -> str:
    rows = [
        (
            code(one.name),
            one.ecosystem,
            code(one.versions) if one.versions else _NOTHING,
            "tests and tools" if one.development else "the product",
            plain(one.reason) or _NOTHING,
        )
        for one in structure.dependencies
    ]
    head = ("package", "ecosystem", "versions", "needed by", "what for")
    return table(head, rows) if rows else "None but the language's own."


def _issues(structure: ValidatedStructure) -> list[str]:
    if not structure.issues:
        return []
    told = [f"- {plain(one.place)}: {plain(one.message)}" for one in structure.issues]
    return ["## Left standing by the review", "\n".join(told)]
