"""Says which requirement changed which file, for the report and the pull request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codegen.change.items import item_changes, product_items
from codegen.change.orphans import unneeded
from codegen.change.scope import SpecScope
from core.artifacts.build_report import ChangedFiles, ChangeLine, ChangeSummary
from core.artifacts.change import ItemChange
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure

_TITLE_CHARACTERS = 70


@dataclass(frozen=True)
class Product:
    """What one build made of a product.

    Attributes:
        asked: the questionnaire.
        spec, structure: what it was written by.
        files: its text by path, without the report.
    """

    asked: Questionnaire
    spec: CleanSpec
    structure: FileStructure
    files: Mapping[str, str]


def summarize(
    baseline: str,
    before: Product,
    after: Product,
    general: Sequence[str] = (),
    *,
    is_anew: bool = False,
) -> ChangeSummary:
    """What is different between two builds of a product.

    A file is told of with each requirement and entity that changed and that its contract, or a
    test planned in it, names; one that no such thing accounts for follows from other files. Where
    it cannot be told what a change concerns, all is asked as for a new product and requirements are
    numbered anew: then the same number says nothing, and only files are compared.

    Args:
        baseline: id of the build before.
        before, after: the product in both.
        general: answers about the product as a whole that are different.
        is_anew: whether all was asked as for a new product.
    """
    touched = _touched(before.files, after.files)
    scope = SpecScope.between(before.spec, after.spec)
    titles = _titles(before.spec) | _titles(after.spec)
    owners = _owners(before.structure), _owners(after.structure)
    lines = [
        ChangeLine(
            item=item.item,
            title=titles.get(item.item, ""),
            how=item.how,
            files=touched.only(owners[0].get(item.item, set()) | owners[1].get(item.item, set())),
        )
        for item in (() if is_anew else scope.items)
    ]
    told = {path for line in lines for path in line.files.paths}
    return ChangeSummary(
        baseline=baseline,
        asked=tuple(
            f"{item.how} {item.item}"
            for item in item_changes(product_items(before.asked), product_items(after.asked))
        )
        + tuple(f"changed {name}" for name in general),
        anew=is_anew,
        lines=tuple(lines),
        others=touched.only(set(touched.paths) - told),
        kept=len(before.files.keys() & after.files.keys()) - len(touched.changed),
        left=unneeded(before.structure, after.structure, after.files).left,
    )


def _touched(before: Mapping[str, str], after: Mapping[str, str]) -> ChangedFiles:
    return ChangedFiles(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(p for p in after.keys() & before.keys() if after[p] != before[p])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def _titles(spec: CleanSpec) -> dict[str, str]:
    return {item.id: item.title for item in spec.requirements}


def _owners(structure: FileStructure) -> dict[str, set[str]]:
    """Paths of the files that speak of a requirement or an entity."""
    owners: dict[str, set[str]] = {}
    for file in structure.files:
        for name in (*file.requirements, *file.entities):
            owners.setdefault(name, set()).add(file.path)
    for test in structure.tests:
        owners.setdefault(test.requirement, set()).add(test.path)
    return owners


def change_title(project: str, items: Sequence[ItemChange], general: Sequence[str]) -> str:
    """One line that says what a change is about, for the pull request."""
    told = [f"{_VERBS[item.how]} {item.item.partition(': ')[2] or item.item}" for item in items]
    told += [f"other {name.replace('_', ' ')}" for name in general]
    title = f"Change {project}: {', '.join(told)}" if told else f"Change {project}"
    title = " ".join(title.split())
    return title if len(title) <= _TITLE_CHARACTERS else f"{title[: _TITLE_CHARACTERS - 1]}…"


_VERBS = {"added": "add", "changed": "change", "removed": "remove"}
