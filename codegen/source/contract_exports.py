"""Holds what a file really exports to what its contract promises."""

import difflib
import re
from collections.abc import Mapping

from codegen.source.class_members import class_problems
from codegen.source.findings import Finding
from codegen.source.interface import exports_of
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.lookup import defined
from codegen.source.names import Exports, SourceExport
from codegen.source.signatures import Signature, broken_calls, signature_of
from codegen.source.targets import Tree
from core.artifacts.structure import Export, FileContract, Severity

_EXPORTING = SCRIPTS | {Language.PYTHON, Language.SVELTE, Language.GO}
_FITS = {
    "class": {"class", "other"},
    "function": {"function", "component", "other"},
    "constant": {"constant", "type", "component", "other"},
    "component": {"component", "function", "class", "constant", "other"},
    "type": {"type", "class", "constant", "other"},
}
"""Kinds that a promised kind may turn out to be; `other` is what the source does not tell."""

_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?")
_HANDED_IN = re.compile(r"_\w*|next|err(or)?|event|context|props|req(uest)?|res(ponse)?")
"""Parameters that a framework hands in; a script's function may leave the last ones out."""


def export_findings(
    contract: FileContract, text: str, index: Mapping[str, Exports], tree: Tree
) -> list[Finding]:
    """Say which promised exports are missing, of another kind, or called otherwise."""
    language = language_of(contract.path, contract.language)
    if language is None or language not in _EXPORTING:
        return []
    actual = exports_of(contract.path, text, contract.language)
    known = {**index, contract.path: actual}
    findings: list[Finding] = []
    for promised in contract.exports:
        found = promised_name(promised, contract, actual)
        if found is None:
            findings += _missing(promised, actual, contract.path)
            continue
        item = defined(found, contract.path, known, tree)
        if "." in promised.name:
            findings += _method(promised, item)
            continue
        findings += _kind(promised, item) or _called(
            promised, item, language, known, contract, tree
        )
    return findings


def promised_name(promised: Export, contract: FileContract, actual: Exports) -> SourceExport | None:
    """The export that keeps a promise; a method's promise (`Store.add`) is kept by its class.

    The only component of a file is also kept by a default export without a name in the file, as
    those that import it choose one; Svelte gives its components no other.
    """
    name = _NAME.match(promised.name.strip())
    if name is None:
        return None
    found = actual.named(name[0]) or actual.named(name[0].partition(".")[0])
    return found or (_unnamed_component(contract, actual) if _alone(promised, contract) else None)


def _alone(promised: Export, contract: FileContract) -> bool:
    """Whether a contract promises one component, and this is it."""
    components = [item for item in contract.exports if item.kind == "component"]
    if not components and contract.path.endswith(".svelte"):
        components = [item for item in contract.exports if item.kind == "other"]
    return components == [promised] and all(item.name != "default" for item in contract.exports)


def _unnamed_component(contract: FileContract, actual: Exports) -> SourceExport | None:
    default = actual.named("default")
    if default is None or default.kind not in _FITS["component"] - {"constant"}:
        return None
    named = default.local and not contract.path.endswith(".svelte")
    return None if named else default


def _missing(promised: Export, actual: Exports, path: str) -> list[Finding]:
    if actual.open or actual.stars or not _NAME.match(promised.name.strip()):
        return []
    names = [item.name for item in actual.names]
    near = nearest(promised.name, names)
    there = f"; it has {near!r}" if near else ""
    listed = ", ".join(name for name in names if not name.startswith("_"))[:300]
    return [
        Finding(
            severity=Severity.ERROR,
            code="missing-export",
            message=f"{path!r} does not export the promised {promised.name!r}{there}",
            suggestion=f"Define and export it as {promised.signature or promised.name!r}"
            + (f" (exported now: {listed})." if listed else "."),
        )
    ]


def _method(promised: Export, item: SourceExport) -> list[Finding]:
    """A promised method, `Store.add`: whether its class has it, where its members are known."""
    name = promised.name.strip().partition(".")[2].partition("(")[0]
    known = not item.bases and item.members
    if not known or any(re.search(rf"\b{re.escape(name)}\b", member) for member in item.members):
        return []
    return [
        Finding(
            severity=Severity.ERROR,
            code="missing-export",
            line=item.line,
            message=f"{item.local or item.name!r} has no member {name!r}",
            suggestion=f"Define it as {promised.signature or name!r}.",
        )
    ]


def _kind(promised: Export, item: SourceExport) -> list[Finding]:
    allowed = _FITS.get(promised.kind)
    if allowed is None or item.kind in allowed:
        return []
    if promised.kind == "constant" and item.signature.startswith(("const ", "let ", "var ")):
        return []  # a function held by a constant is both
    return [
        Finding(
            severity=Severity.ERROR,
            code="wrong-kind",
            line=item.line,
            message=f"{promised.name!r} is a {item.kind}; its contract promises a {promised.kind}",
            suggestion=f"Make it {promised.signature or 'a ' + promised.kind}.",
        )
    ]


def _called(
    promised: Export,
    item: SourceExport,
    language: Language,
    index: Mapping[str, Exports],
    contract: FileContract,
    tree: Tree,
) -> list[Finding]:
    if not promised.signature:
        return []
    if item.kind == "class" or promised.signature.lstrip("@ ").startswith(("class ", "interface ")):
        problems = class_problems(promised.signature, item, language, contract.path, index, tree)
    elif item.kind in {"function", "component"}:
        problems = [
            (Severity.ERROR, reason)
            for reason in call_problems(promised.signature, item.signature, language)
        ]
    else:
        return []
    return [
        Finding(
            severity=severity,
            code="wrong-signature",
            line=item.line,
            message=f"{promised.name!r} is not as its contract promises: {reason}",
            suggestion=f"Others call it as promised: {promised.signature}",
        )
        for severity, reason in problems
    ]


def call_problems(promised: str, actual: str, language: Language) -> list[str]:
    """Why calls of a promised signature fail with the actual one; none if either is unreadable."""
    wanted, given = signature_of(language, promised), signature_of(language, actual)
    if wanted is None or given is None:
        return []
    if language is not Language.PYTHON:
        wanted = _without_handed_in(wanted, len(given.parameters))
    return broken_calls(wanted, given, by_name=language is Language.PYTHON)


def _without_handed_in(wanted: Signature, given: int) -> Signature:
    parameters = list(wanted.parameters)
    while len(parameters) > given and _HANDED_IN.fullmatch(parameters[-1].name):
        parameters.pop()
    return Signature(tuple(parameters), wanted.asynchronous)


def nearest(name: str, names: list[str]) -> str:
    """The most similar name, or one that holds it; case does not count."""
    folded = {other.casefold(): other for other in names}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if found:
        return folded[found[0]]
    within = [other for key, other in folded.items() if len(name) > 2 and name.casefold() in key]
    return within[0] if within else ""
