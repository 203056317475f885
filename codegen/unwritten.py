"""Tells which of the files that no model wrote acceptably are not there yet.

Stage 7 leaves such a file empty and goes on. A repository in which one is left is never green,
whatever its tests say; a fix that writes it is held to the same gate as the models were.
"""

from collections.abc import Mapping

from codegen.failure_classes import is_test_file
from codegen.failure_message import signature_of
from codegen.file_gate import known_exports, refuse_file
from codegen.source.targets import Tree, tree_of
from codegen.verdict import StepEvidence
from core.artifacts.failure import Failure, FailureClass
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome
from core.artifacts.structure import FileContract, FileStructure

_STEP = "written files"
_SHOWN = 5


def still_unwritten(
    files: Mapping[str, str], structure: FileStructure, refused: Mapping[str, str]
) -> dict[str, str]:
    """The refused files that are empty, or that the gate refuses still, each with the reason.

    Args:
        files: texts of the repository's files by path.
        structure: the contracts and the dependencies.
        refused: why no answer was accepted, by path; as stage 7 found it.
    """
    contracts = {file.path: file for file in structure.files}
    tree = tree_of({*contracts, *files})
    left: dict[str, str] = {}
    for path, reason in refused.items():
        if not files.get(path, "").strip():
            left[path] = reason
        elif problem := _problem(contracts, path, files, structure, tree):
            left[path] = problem
    return left


def _problem(
    contracts: Mapping[str, FileContract],
    path: str,
    files: Mapping[str, str],
    structure: FileStructure,
    tree: Tree,
) -> str:
    others = {item.path for item in contracts[path].imports} - {path}
    near = [contracts[other] for other in sorted(others) if other in contracts]
    index = known_exports(
        near, {file.path: files[file.path] for file in near if _is_there(file, files)}
    )
    try:
        refuse_file(contracts[path], files[path], index, structure.dependencies, tree)
    except ValueError as error:
        return str(error)
    return ""


def _is_there(file: FileContract, files: Mapping[str, str]) -> bool:
    return bool(files.get(file.path, "").strip())


def unwritten_reason(left: Mapping[str, str]) -> str:
    """A sentence that names the files; empty where none is left."""
    if not left:
        return ""
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    return f"No model wrote acceptably: {', '.join(list(left)[:_SHOWN])}{more}."


def check_written(
    files: Mapping[str, str], structure: FileStructure, refused: Mapping[str, str]
) -> StepEvidence:
    """The refused files as a step of the verification: red as long as one is left.

    Arguments as of `still_unwritten`.
    """
    left = still_unwritten(files, structure, refused)
    contracts = {file.path: file for file in structure.files}
    failures = tuple(_failure(contracts[path], reason) for path, reason in left.items())
    report = StepReport(
        name=_STEP,
        kind="gate",
        status="red" if left else "green",
        reason=unwritten_reason(left),
    )
    return StepEvidence(report=report, cases=tuple(map(_case, failures)), failures=failures)


def _failure(file: FileContract, reason: str) -> Failure:
    path = file.path
    exports = ", ".join(item.signature or item.name for item in file.exports) or "nothing"
    imports = ", ".join(item.path for item in file.imports) or "no file"
    account = (
        f"{path} has to be written in full. Its purpose: {file.purpose} "
        f"It has to export {exports}, and may import {imports}.\n{reason}"
    )
    return Failure(
        step=_STEP,
        test=f"contents of {path}",
        test_path=path,
        message=f"{path} is not written: no model's answer was accepted.",
        files=(path,),
        failure_class=FailureClass.TEST if is_test_file(path) else FailureClass.CODE,
        reasons=("What the files that import it need is not there.",),
        signature=signature_of((_STEP, path), "", None),
        account=account,
    )


def _case(failure: Failure) -> TestCaseResult:
    return TestCaseResult(
        name=failure.test,
        path=failure.test_path,
        outcome=TestOutcome.ERROR,
        message=failure.account,
    )
