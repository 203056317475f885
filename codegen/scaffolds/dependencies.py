"""Turns the packages that models declare into those that manifests list, versions included."""

import difflib
import re
from collections.abc import Iterable, Mapping

from codegen.scaffolds.known_versions import known_versions
from codegen.scaffolds.names import bare_name, canonical_name
from codegen.scaffolds.ranges import range_of
from codegen.source.platforms import is_node_builtin, is_python_standard
from core.artifacts.base import Part
from core.artifacts.packages import Ecosystem, PackageListing
from core.artifacts.structure import Dependency, Severity, StructuralIssue

PackageName = tuple[Ecosystem, str]
"""An ecosystem and a canonical name in it, without extras."""

_INDEX: dict[Ecosystem, str] = {"python": "Python package index", "npm": "npm registry"}


class Settled(Part):
    """Dependencies as far as they are settled.

    Attributes:
        dependencies: in their canonical spelling, each once.
        notes: what was changed or could not be checked, a sentence each.
        issues: what the model that declared them must mend.
    """

    dependencies: tuple[Dependency, ...] = ()
    notes: tuple[str, ...] = ()
    issues: tuple[StructuralIssue, ...] = ()


def tidy(declared: Iterable[Dependency], needed: Iterable[Dependency] = ()) -> Settled:
    """Spell names as their index does, merge repeats, and drop what needs no package.

    Args:
        declared: as a model, or a person, declared them.
        needed: what the packs need beside them.
    """
    kept: dict[PackageName, Dependency] = {}
    notes: list[str] = []
    issues: list[StructuralIssue] = []
    for item in declared:
        if standard := _standard_module(item.name.strip(), item.ecosystem):
            platform = "Python" if item.ecosystem == "python" else "Node"
            notes.append(f"{standard} is a part of {platform} itself and no dependency.")
            continue
        try:
            name = canonical_name(item.name, item.ecosystem)
        except ValueError as error:
            issues.append(_issue(len(issues), item.name, str(error), "Name a package, or none."))
            continue
        key = item.ecosystem, bare_name(name, item.ecosystem)
        whole = _with_extras(name, item.ecosystem)
        kept[key] = _merged(kept.get(key), item.model_copy(update={"name": whole}))
    for item in needed:
        key = item.ecosystem, bare_name(item.name, item.ecosystem)
        if key not in kept:
            kept[key] = item
        elif kept[key].development and not item.development:
            kept[key] = kept[key].model_copy(update={"development": False})
    return Settled(dependencies=tuple(kept.values()), notes=tuple(notes), issues=tuple(issues))


def _with_extras(name: str, ecosystem: Ecosystem) -> str:
    """The name with what the package needs besides, where nobody chose extras."""
    extra = known_versions().extras.get(name, "") if ecosystem == "python" else ""
    return f"{name}[{extra}]" if extra else name


def _standard_module(text: str, ecosystem: Ecosystem) -> str:
    """The name without versions, if it is one of the platform's modules; else nothing.

    Asked before the name is spelt as an index does, which `node:fs` and `os.path` do not survive.
    """
    name = re.split(r"[\s\[<>=!~;]|(?<=.)@", text, maxsplit=1)[0]
    if ecosystem == "npm":
        return name.removeprefix("node:") if is_node_builtin(name) else ""
    if ecosystem != "python":
        return ""
    # A distribution such as `backports.zoneinfo` has a dot as well; its first part is no module.
    first = name.partition(".")[0].lower().replace("-", "_")
    return name.lower() if is_python_standard(first) else ""


def _merged(first: Dependency | None, second: Dependency) -> Dependency:
    """One declaration of a package that is declared twice: what the code needs, the tests have."""
    if first is None:
        return second
    longer = max(first.name, second.name, key=len)  # the one with more extras
    return first.model_copy(
        update={
            "name": longer,
            "development": first.development and second.development,
            "versions": first.versions or second.versions,
        }
    )


def names_to_look_up(dependencies: Iterable[Dependency]) -> tuple[PackageName, ...]:
    """Packages whose versions the shipped table does not know."""
    return tuple(
        (item.ecosystem, bare_name(item.name, item.ecosystem))
        for item in dependencies
        if item.ecosystem in _INDEX
        and not item.versions
        and bare_name(item.name, item.ecosystem) not in known_versions().of(item.ecosystem)
    )


def settle(tidied: Settled, listings: Mapping[PackageName, PackageListing]) -> Settled:
    """Give each package its range of versions.

    Args:
        tidied: what `tidy` made.
        listings: what the index says of the names of `names_to_look_up`.
    """
    notes, issues = list(tidied.notes), list(tidied.issues)
    settled: list[Dependency] = []
    for item in tidied.dependencies:
        name = bare_name(item.name, item.ecosystem)
        versions = item.versions or known_versions().of(item.ecosystem).get(name, "")
        listing = listings.get((item.ecosystem, name))
        if not versions and listing is not None:
            if listing.status == "missing":
                issues.append(_missing(len(issues), name, item.ecosystem))
                continue
            versions = range_of(listing)
            if not versions:
                notes.append(_unpinned(listing))
        if item.ecosystem == "go":
            notes.append(
                f"{name} was not checked: no index is asked for Go modules, and a model writes "
                "their versions into go.mod."
            )
        settled.append(item.model_copy(update={"versions": versions}))
    return Settled(dependencies=tuple(settled), notes=tuple(notes), issues=tuple(issues))


def _unpinned(listing: PackageListing) -> str:
    where = _INDEX[listing.ecosystem]
    if listing.status == "unknown":
        reason = f" ({listing.reason})" if listing.reason else ""
        return (
            f"{listing.name} was not checked: the {where} could not be asked{reason}. It is "
            "required in any version."
        )
    return (
        f"No release of {listing.name} is known to fit the interpreter of this product, so it is "
        "required in any version."
    )


def _missing(number: int, name: str, ecosystem: Ecosystem) -> StructuralIssue:
    near = difflib.get_close_matches(name, known_versions().of(ecosystem), n=3, cutoff=0.6)
    advice = f" Near names that exist: {', '.join(near)}." if near else ""
    return _issue(
        number,
        name,
        f"the {_INDEX[ecosystem]} has no package {name!r}",
        f"Name a package that exists, or do without it.{advice}",
    )


def _issue(number: int, place: str, message: str, suggestion: str) -> StructuralIssue:
    return StructuralIssue(
        id=f"DP-{number + 1}",
        severity=Severity.ERROR,
        place=place,
        message=message,
        suggestion=suggestion,
        source="check",
    )
