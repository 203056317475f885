"""Holds the imports of a whole repository to what it has and what it declares.

Code that no tool of the gate reads is parsed here as well, so that none is green unread.
"""

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from codegen.failure_message import signature_of
from codegen.manifests import Declared
from codegen.runners.frames import mentioned_files
from codegen.runners.gate import code_without_step
from codegen.runners.tree import is_foreign
from codegen.source.contract_imports import import_findings
from codegen.source.findings import Finding, errors_of
from codegen.source.interface import exports_of
from codegen.source.syntax import syntax_findings
from codegen.source.targets import tree_of
from codegen.verdict import StepEvidence
from core.artifacts.failure import Failure, FailureClass, Frame
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome
from core.artifacts.run_plan import Runner
from core.artifacts.structure import FileContract, FileStructure

_REASONS = {
    "syntax": (FailureClass.CODE, "It cannot be read in its language."),
    "undeclared-package": (
        FailureClass.DEPENDENCY,
        "What is not declared is not installed where the repository is used.",
    ),
    "unknown-file": (FailureClass.CODE, "It imports a file that the repository does not have."),
    "unknown-name": (FailureClass.CODE, "It imports a name that the other file does not offer."),
}

_SYNTAX = "syntax"
_MEANINGLESS = "Imports that mean nothing"


def check_imports(files: Mapping[str, str], structure: FileStructure) -> StepEvidence:
    """Look for imports of files, names and packages that there are not; nothing is run.

    Of code that no step of the gate reads, what does not parse is found too.

    Args:
        files: texts of the repository's files by path.
        structure: the contracts, for files whose name says no language, and the dependencies,
            where the repository has no manifest.
    """
    own = {path: text for path, text in files.items() if not is_foreign(path)}
    contracts = {file.path: file for file in structure.files}
    declared = Declared(own, structure.dependencies)
    tree = tree_of(files, own)
    languages = {path: contract.language for path, contract in contracts.items()}
    index = {path: exports_of(path, text, languages.get(path, "")) for path, text in own.items()}
    unread = frozenset(code_without_step(files))
    failures: list[Failure] = []
    for path, text in own.items():
        contract = contracts.get(path) or FileContract(path=path, purpose=PurePosixPath(path).name)
        found = import_findings(contract, text, index, declared.of(path), tree)
        if path in unread:
            found = [*syntax_findings(path, text, contract.language), *found]
        failures += [_failure(path, finding, own) for finding in errors_of(found)]
    places = list(dict.fromkeys(failure.test_path for failure in failures))
    more = f" and {len(places) - 5} more files" if len(places) > 5 else ""
    broken = any(failure.test.startswith(_SYNTAX) for failure in failures)
    what = "Imports that mean nothing or code that does not parse" if broken else _MEANINGLESS
    reason = f"{what}: in {', '.join(places[:5])}{more}." if failures else ""
    report = StepReport(
        name=Runner.IMPORT_CHECK, kind="gate", status="red" if failures else "green", reason=reason
    )
    return StepEvidence(report=report, cases=tuple(map(_case, failures)), failures=tuple(failures))


def _failure(path: str, finding: Finding, known: Collection[str]) -> Failure:
    failure_class, reason = _REASONS[finding.code]
    involved = mentioned_files(finding.message, known=known, folder="", importer=path)
    message = f"{path}:{finding.line}: {finding.message}"
    return Failure(
        step=Runner.IMPORT_CHECK,
        test=f"{_SYNTAX if finding.code == 'syntax' else 'imports'} of {path}",
        test_path=path,
        message=finding.message,
        frames=(Frame(path=path, line=finding.line),) if finding.line else (),
        files=tuple(dict.fromkeys([path, *involved])),
        failure_class=failure_class,
        reasons=(reason,),
        signature=signature_of((Runner.IMPORT_CHECK, path), finding.message, None),
        account=f"{message}. {finding.suggestion}".rstrip(". ") + ".",
    )


def _case(failure: Failure) -> TestCaseResult:
    return TestCaseResult(
        name=failure.test,
        path=failure.test_path,
        outcome=TestOutcome.ERROR,
        message=failure.account,
    )
