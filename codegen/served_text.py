"""Writes the files that packs serve, held to their contracts, and says which could not be."""

from collections.abc import Iterable, Sequence

from codegen.file_gate import known_exports
from codegen.gate import gate
from codegen.issues import Problem, issues_of
from codegen.scaffolds.facts import ScaffoldFacts
from codegen.scaffolds.reading import read_facts
from codegen.scaffolds.rendering import render_file
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import Dependency, FileContract, FileStructure, StructuralIssue


def served_text(
    file: FileContract,
    facts: ScaffoldFacts,
    imported: Iterable[FileContract],
    dependencies: Sequence[Dependency],
) -> str:
    """The text of a file that a pack serves; it is held to its contract like any other.

    Args:
        file: its contract, with its template.
        facts: what the template is given.
        imported: contracts of the files that it imports.
        dependencies: packages that may be imported.

    Raises:
        ValueError: the template does not fit the product, or its text not the contract.
    """
    text = render_file(file, facts)
    gate(file, text, known_exports(imported, {}), dependencies).refuse_errors(file.path)
    return text


def served_issues(spec: CleanSpec, structure: FileStructure) -> list[StructuralIssue]:
    """Errors of a structure whose served files could not be written, before money is spent on it.

    Each is about a file that a pack serves: the names that its template is given come from the
    files of modules.
    """
    facts = read_facts(spec, structure)
    contracts = {file.path: file for file in structure.files}
    problems: list[Problem] = []
    for file in structure.files:
        if not file.template:
            continue
        imported = [contracts[item.path] for item in file.imports if item.path in contracts]
        try:
            served_text(file, facts, imported, structure.dependencies)
        except ValueError as error:
            told = f"it is written from a template, which does not fit this structure: {error}"
            problems.append(
                Problem(file.path, told, "Give the files that it names usual, plain names.")
            )
    return issues_of("SF", problems)
