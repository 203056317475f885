"""Refuses a file that cannot be what it should be, before it is accepted."""

from collections.abc import Mapping, Sequence

from codegen.source.contract_check import amended_contract, contract_findings
from codegen.source.findings import Finding, errors_of
from codegen.source.names import Exports
from codegen.source.syntax import syntax_findings
from codegen.source.targets import Tree
from codegen.source.wholeness import wholeness_findings
from core.artifacts.base import Part
from core.artifacts.structure import Dependency, FileContract, Severity

_SHOWN = 20
"""Findings told to a model at once; it mends no more in one answer."""

_TOO_DEEP = Finding(
    severity=Severity.ERROR,
    code="syntax",
    message="it is nested too deeply to be read",
    suggestion="Split its longest expression or chain of branches into several.",
)


class GateResult(Part):
    """What the gate says about a file.

    Attributes:
        findings: everything that is wrong or doubtful, errors first.
        amended: the contract as the accepted file really is, where it is right and says more than
            the contract; dependants are told. None for a file that is refused.
    """

    findings: tuple[Finding, ...] = ()
    amended: FileContract | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings for which the file is refused."""
        return tuple(errors_of(list(self.findings)))

    def refuse_errors(self, path: str) -> None:
        """Raise when the file cannot be accepted.

        Raises:
            ValueError: names the errors, fit to be shown to the model that wrote the file.
        """
        if self.errors:
            shown = [f"- {finding}" for finding in self.errors[:_SHOWN]]
            more = len(self.errors) - _SHOWN
            shown += [f"- … and {more} more"] if more > 0 else []
            raise ValueError("\n".join([f"{path!r} cannot be accepted:", *shown]))


def check_source(path: str, text: str) -> None:
    """Parse a file by its ending; files of unknown languages pass.

    Raises:
        ValueError: the text does not parse; the message says where.
    """
    errors = errors_of(syntax_findings(path, text))
    if errors:
        where = f", line {errors[0].line}:" if path.endswith(".py") else " does not parse:"
        shown = errors[0].message if path.endswith(".py") else errors[0]
        raise ValueError(f"{path!r}{where} {shown}")


def gate(
    contract: FileContract,
    text: str,
    index: Mapping[str, Exports],
    dependencies: Sequence[Dependency],
    tree: Tree | None = None,
) -> GateResult:
    """Hold a file to its language, to wholeness and to its contract.

    Args:
        contract: of the file.
        text: the whole file.
        index: what each other file exports: as `exports_of` read it from a written file, or as
            `promised_exports` has it from the contract of one that is not written yet.
        dependencies: packages that may be imported.
        tree: the repository around the file, with its path aliases; the paths of the index if
            left out.

    Returns:
        What is wrong or doubtful; a file that is nested too deeply to be read is refused.
    """
    try:
        return _held(contract, text, index, dependencies, tree)
    except (RecursionError, MemoryError):
        return GateResult(findings=(_TOO_DEEP,))


def _held(
    contract: FileContract,
    text: str,
    index: Mapping[str, Exports],
    dependencies: Sequence[Dependency],
    tree: Tree | None,
) -> GateResult:
    path, declared = contract.path, contract.language
    syntax = syntax_findings(path, text, declared)
    promised = {item.name for item in contract.exports}
    findings = [*syntax, *wholeness_findings(path, text, promised, declared, syntax)]
    if not errors_of(syntax):
        findings += contract_findings(contract, text, index, dependencies, tree)
    errors = errors_of(findings)
    others = [finding for finding in findings if finding not in errors]
    amended = None if errors else amended_contract(contract, text, index, tree)
    return GateResult(findings=(*errors, *others), amended=amended)
