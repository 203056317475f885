"""Holds files that a fix has changed to what every generated file must be: parsed, and whole."""

from collections.abc import Mapping, Sequence

from codegen.source.contract_exports import promised_name
from codegen.source.findings import Finding, errors_of
from codegen.source.interface import exports_of
from codegen.source.names import Exports
from codegen.source.syntax import syntax_findings
from codegen.source.wholeness import wholeness_findings
from core.artifacts.structure import FileContract

_SHOWN = 12


def refuse_broken(
    before: Mapping[str, str],
    changed: Mapping[str, str | None],
    contracts: Mapping[str, FileContract],
) -> None:
    """Refuse changes after which a file does not parse, or is a stub, shortened or cut off.

    What was accepted before is no reason to refuse a change elsewhere in the file.

    Args:
        before: every file of the repository by its path.
        changed: new texts by path, `None` for a file that goes; as `apply_edits` gives them.
        contracts: those that there are, by path.

    Raises:
        ValueError: names the errors, fit to be shown to the model that wrote the change.
    """
    lines: list[str] = []
    for path, text in changed.items():
        if text is None:
            continue
        known = {finding.message for finding in _whole(path, before.get(path, ""), contracts)}
        syntax = errors_of(syntax_findings(path, text, _language(path, contracts)))
        broken = syntax or [
            finding for finding in _whole(path, text, contracts) if finding.message not in known
        ]
        lines += [f"- {path!r}: {finding}" for finding in broken]
    _refuse("nothing was changed, because afterwards:", lines)


def refuse_breach(
    before: Mapping[str, str],
    changed: Mapping[str, str | None],
    contracts: Mapping[str, FileContract],
) -> None:
    """Refuse changes after which a promised file, or a promised name in it, is not there any more.

    A promise that was not kept before is no reason to refuse a change.

    Args:
        before: every file of the repository by its path.
        changed: as of `refuse_broken`.
        contracts: those that there are, by path.

    Raises:
        ValueError: names what would be gone, fit to be shown to the model that wrote the change.
    """
    lines: list[str] = []
    for path, text in changed.items():
        if path not in contracts:
            continue
        if text is None:
            lines.append(f"- {path!r} has a contract: it can be neither deleted nor moved")
            continue
        contract = contracts[path]
        offered = exports_of(path, text, contract.language)
        if offered.open or offered.stars:
            continue  # the source does not tell what it offers
        had = _kept(contract, exports_of(path, before.get(path, ""), contract.language))
        lost = had - _kept(contract, offered)
        lines += [
            f"- {path!r} no longer offers {name!r}, which its contract promises"
            for name in sorted(lost)
        ]
    _refuse("nothing was changed, because others rely on what would be gone:", lines)


def _kept(contract: FileContract, offered: Exports) -> set[str]:
    return {
        export.name
        for export in contract.exports
        if promised_name(export, contract, offered) is not None
    }


def _refuse(why: str, lines: Sequence[str]) -> None:
    if lines:
        more = [f"- … and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        raise ValueError("\n".join([why, *lines[:_SHOWN], *more]))


def _whole(path: str, text: str, contracts: Mapping[str, FileContract]) -> list[Finding]:
    if not text:
        return []
    promised = [export.name for export in contracts[path].exports] if path in contracts else []
    return errors_of(wholeness_findings(path, text, promised, _language(path, contracts)))


def _language(path: str, contracts: Mapping[str, FileContract]) -> str:
    return contracts[path].language if path in contracts else ""
