import pytest

from codegen.import_check import check_imports
from codegen.verdict import StepEvidence
from core.artifacts.failure import FailureClass
from core.artifacts.structure import Dependency, FileContract, FileStructure, Module

PYPROJECT = '[project]\nname = "shop"\ndependencies = ["flask"]\n'


def check(files: dict[str, str], *dependencies: str, scripts: tuple[str, ...] = ()) -> StepEvidence:
    contracts = tuple(FileContract(path=path, purpose="x", language="python") for path in scripts)
    structure = FileStructure(
        modules=(Module(name="core", purpose="All.", files=contracts),),
        dependencies=tuple(Dependency(name=name) for name in dependencies),
    )
    return check_imports(files, structure)


def messages(evidence: StepEvidence) -> list[str]:
    return [failure.message for failure in evidence.failures]


def test_imports_that_mean_something_are_green():
    evidence = check(
        {
            "pyproject.toml": PYPROJECT,
            "shop/__init__.py": "",
            "shop/app.py": "import os\nfrom flask import Flask\nfrom shop.cart import total\n",
            "shop/cart.py": "def total(): ...\n",
            "tests/test_a.py": "import pytest\nfrom shop import cart\n",
        }
    )
    assert (evidence.report.status, evidence.report.kind) == ("green", "gate")
    assert (evidence.failures, evidence.cases) == ((), ())


def test_the_manifest_has_the_last_word_on_what_is_declared():
    files = {"pyproject.toml": PYPROJECT, "a.py": "import requests\n"}
    evidence = check(files, "requests")
    assert evidence.report.status == "red"
    (failure,) = evidence.failures
    assert failure.failure_class is FailureClass.DEPENDENCY
    assert (failure.test, failure.test_path) == ("imports of a.py", "a.py")
    assert failure.frames[0].line == 1
    assert failure.account.startswith("a.py:1: it imports the package 'requests'")
    assert failure.account.endswith(": flask, shop, pytest.")
    del files["pyproject.toml"]
    assert check(files, "requests").report.status == "green"


def test_the_file_that_lacks_a_name_is_involved():
    evidence = check({"a.py": "from shop.cart import nothing\n", "shop/cart.py": "ONE = 1\n"})
    assert evidence.failures[0].files == ("a.py", "shop/cart.py")
    assert evidence.failures[0].failure_class is FailureClass.CODE


def test_the_same_import_elsewhere_in_the_file_is_the_same_failure():
    first, second = (check({"a.py": f"{before}import gone\n"}) for before in ("", "\n\n"))
    assert first.failures[0].signature == second.failures[0].signature


def test_files_of_what_is_installed_are_not_asked():
    installed = {"web/node_modules/x/a.js": "import 'gone';\n", ".venv/a.py": "import gone\n"}
    assert check(installed).report.status == "green"


@pytest.mark.parametrize("folder", ["vendor", "build", "dist", "coverage", "venv", ".tools"])
def test_no_name_of_a_folder_hides_code(folder: str):
    files = {f"app/{folder}/a.py": "import gone\n", f"{folder}/b.js": "import 'gone';\n"}
    assert len(check(files).failures) == 2


def test_a_file_whose_name_says_no_language_is_read_as_its_contract_says():
    evidence = check({"bin/serve": "import gone\n"}, scripts=("bin/serve",))
    assert messages(evidence) == ["it imports the package 'gone', which is not declared"]


def test_imports_that_may_fail_are_no_failure():
    text = "try:\n    import gone\nexcept ImportError:\n    gone = None\n"
    assert check({"a.py": text}).report.status == "green"


def test_many_files_are_told_in_short():
    evidence = check({f"m{n}.py": "import gone\n" for n in range(7)})
    assert evidence.report.reason == (
        "Imports that mean nothing: in m0.py, m1.py, m2.py, m3.py, m4.py and 2 more files."
    )
    assert len(evidence.cases) == 7


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("scripts/load.py", "def (:\n"),
        ("web/src/a.ts", "const a: = ;\n"),
        ("web/src/b.jsx", "export const B = () => <p>;\n"),
        ("web/src/c.js", "const C = <p />; const = ;\n"),
        ("loose/a.js", "((\n"),
        ("loose/a.go", "package {\n"),
    ],
)
def test_code_that_no_step_reads_is_parsed(path: str, text: str):
    around = {"app/pyproject.toml": PYPROJECT, "web/package.json": "{}"}
    evidence = check({**around, path: text})
    assert {failure.test for failure in evidence.failures} == {f"syntax of {path}"}
    assert evidence.failures[0].failure_class is FailureClass.CODE
    assert evidence.failures[0].frames[0].line == 1
    assert evidence.report.reason == (
        f"Imports that mean nothing or code that does not parse: in {path}."
    )


def test_code_that_a_step_reads_is_left_to_it():
    tools = '{"devDependencies": {"typescript": "5"}}'
    broken = {"app/a.py": "def (:\n", "web/a.js": "((\n", "web/a.ts": "((\n", "jobs/a.go": "((\n"}
    manifests = {
        "app/pyproject.toml": PYPROJECT,
        "web/package.json": tools,
        "web/tsconfig.json": "{}",
        "jobs/go.mod": "module jobs\n",
    }
    assert check({**manifests, **broken}).report.status == "green"
    assert check({**manifests, **broken, "web/package.json": "{"}).failures
