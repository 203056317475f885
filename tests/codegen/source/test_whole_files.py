"""Files of every language that are right: no check may say a word against them."""

import time
from pathlib import Path

import pytest
import rich
import starlette

from codegen.gate import gate
from codegen.source.findings import errors_of
from codegen.source.interface import exports_of, imports_of
from codegen.source.lookup import has_name
from codegen.source.syntax import syntax_findings
from codegen.source.targets import target_of, tree_of
from codegen.source.wholeness import wholeness_findings
from core.artifacts.structure import FileContract, Severity
from tests.codegen.source.sources import PYTHON, TYPESCRIPT, WHOLE


@pytest.mark.parametrize("path", WHOLE)
def test_a_whole_file_is_let_through(path: str) -> None:
    found = [*syntax_findings(path, WHOLE[path]), *wholeness_findings(path, WHOLE[path])]
    serious = [item for item in found if item.severity is not Severity.INFO]
    assert [item for item in serious if "helper" not in item.message] == []


@pytest.mark.parametrize("path", WHOLE)
def test_windows_line_ends_and_a_missing_last_one_make_no_difference(path: str) -> None:
    for text in (WHOLE[path].replace("\n", "\r\n"), WHOLE[path].rstrip("\n")):
        assert errors_of(syntax_findings(path, text)) == []
        assert errors_of(wholeness_findings(path, text)) == []


@pytest.mark.parametrize("package", [rich, starlette])
def test_every_import_within_an_installed_package_is_understood(package: object) -> None:
    root = Path(str(getattr(package, "__file__", ""))).parent
    texts = {
        path.relative_to(root.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*.py")
    }
    index = {path: exports_of(path, text) for path, text in texts.items()}
    tree = tree_of(texts)
    looked = 0
    for path, text in texts.items():
        assert errors_of(syntax_findings(path, text)) == []
        assert errors_of(wholeness_findings(path, text)) == [], path
        for item in imports_of(path, text):
            target = target_of(item, path, tree)
            assert target.kind != "missing", (path, item)
            if target.kind == "file":
                names = [name for name in item.names if name != "*"]
                wrong = [
                    name for name in names if has_name(name, target.name, index, tree) is False
                ]
                assert wrong == [], (path, item)
                looked += len(names)
    assert looked > 100


@pytest.mark.parametrize(
    ("path", "source"), [("app/loans.py", PYTHON), ("src/loans.ts", TYPESCRIPT)]
)
def test_five_hundred_lines_are_checked_in_a_moment(path: str, source: str) -> None:
    repeated = 500 // source.count("\n")
    pieces = [
        source if not number else f"\n{_renamed(source, number)}" for number in range(repeated)
    ]
    contract = FileContract(path=path, purpose="Measured.")
    gate(contract, source, {}, ())
    best = 1.0
    for attempt in range(3):
        text = "\n".join(pieces) + f"\n{'#' if path.endswith('.py') else '//'} {attempt}\n"
        started = time.process_time()
        gate(contract, text, {}, ())
        best = min(best, time.process_time() - started)
    # About 10 ms where nothing else runs; a walk that is quadratic takes seconds.
    assert best < 0.1


def _renamed(source: str, number: int) -> str:
    body = source.replace("from __future__ import annotations\n", "")
    return body.replace("Loan", f"Loan{number}").replace("export default ", "export ")
