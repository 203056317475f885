import pytest

from codegen.contract_checks import MAX_IMPORTS, contract_problems, with_language
from core.artifacts.structure import Dependency, Export, FileContract, Import

DECLARED = (
    Dependency(name="FastAPI"),
    Dependency(name="pyyaml"),
    Dependency(name="@scope/kit", ecosystem="npm"),
    Dependency(name="example.com/gin", ecosystem="go"),
)


def contract(path: str = "app/a.py", **values: object) -> FileContract:
    return FileContract.model_validate({"path": path, "purpose": "p", **values})


def told(file: FileContract, *others: FileContract) -> list[str]:
    files = {item.path: item for item in (file, *others)}
    found = list(contract_problems(files, [file.path], DECLARED))
    assert all(problem.place in files and problem.suggestion for problem in found)
    return [problem.message for problem in found]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"),
        ("a.py", ""),
        ("a.tsx", "typescript"),
        ("a.scss", "css"),
        ("a.unknown", "python"),
        ("bin/serve", "python"),
        ("Dockerfile", "docker"),
        ("README.md", "text"),
    ],
)
def test_a_language_that_fits_its_name_is_no_problem(path: str, language: str) -> None:
    assert told(contract(path, language=language)) == []


def test_a_language_must_fit_the_name() -> None:
    assert told(contract("a.py", language="javascript")) == [
        "its language is 'javascript', and its name says 'python'"
    ]


@pytest.mark.parametrize("path", ["requirements.txt", "api/package.json", "poetry.lock"])
def test_a_model_writes_no_file_that_says_versions(path: str) -> None:
    (message,) = told(contract(path))
    assert "only programs write" in message
    assert told(contract(path, template="python/pyproject.toml")) == []


def test_a_manifest_that_packs_take_over_may_be_planned() -> None:
    assert told(contract("pyproject.toml")) == []
    assert told(contract("go.mod")) == []


def test_a_language_that_is_not_given_is_filled_in() -> None:
    assert with_language(contract("a.py")).language == "python"
    assert with_language(contract("LICENSE")).language == "text"
    assert with_language(contract("a.py", language="py")).language == "py"


@pytest.mark.parametrize(
    ("path", "name", "problem"),
    [
        ("a.py", "get-task", "is no name that code can define"),
        ("a.py", "class", "is a reserved word of python"),
        ("a.py", "Task.import", "is a reserved word of python"),
        ("a.js", "2fa", "is no name that code can define"),
        ("a.ts", "new", "is a reserved word of typescript"),
        ("a.go", "func", "is a reserved word of go"),
    ],
)
def test_exports_must_have_names_that_code_can_define(path: str, name: str, problem: str) -> None:
    assert told(contract(path, exports=({"name": name},))) == [
        f"it exports {name!r}, which {problem}"
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "Task.title"),
        ("a.py", "größe"),
        ("a.js", "default"),
        ("a.js", "$store"),
        ("a.go", "Handler"),
        ("a.css", ".button"),
        ("index.html", "#main"),
    ],
)
def test_exports_that_can_be_defined_are_no_problem(path: str, name: str) -> None:
    assert told(contract(path, exports=({"name": name},))) == []


def test_an_export_is_there_once() -> None:
    assert told(contract(exports=({"name": "f"}, {"name": "f"}))) == ["it exports 'f' 2 times"]


def test_a_file_imports_others_and_not_without_end() -> None:
    assert told(contract(imports=(Import(path="app/a.py"),))) == ["it imports itself"]
    many = [contract(f"app/b{number}.py") for number in range(MAX_IMPORTS + 1)]
    file = contract(imports=tuple(Import(path=other.path) for other in many))
    assert told(file, *many) == [f"it imports {MAX_IMPORTS + 1} files; at most 150 are allowed"]


def test_what_a_template_exports_is_known_only_when_it_is_written() -> None:
    file = contract(imports=(Import(path="app/b.py", symbols=("f",)),))
    served = contract("app/b.py", template="pack/b.py")
    assert told(file, served) == []
    known = served.model_copy(update={"exports": (Export(name="g"),)})
    assert told(file, known) == ["it imports 'f' from 'app/b.py', which does not export it"]


@pytest.mark.parametrize("path", ["app/my-models.py", "app/class.py", "2024/models.py"])
def test_python_files_that_are_imported_need_names_that_python_knows(path: str) -> None:
    file = contract("main.py", imports=(Import(path=path),))
    files = {item.path: item for item in (file, contract(path))}
    (problem,) = contract_problems(files, ["main.py"], ())
    assert problem.place == path
    assert "'main.py' imports it" in problem.message
    assert told(contract("README.md", imports=(Import(path=path),)), contract(path)) == []


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("a.py", "fastapi"),
        ("a.py", "yaml"),
        ("a.py", "json"),
        ("a.py", "os.path"),
        ("a.js", "@scope/kit"),
        ("a.js", "fs"),
        ("a.go", "example.com/gin"),
        ("Dockerfile", "python"),
    ],
)
def test_packages_that_are_declared_or_part_of_the_language_are_no_problem(
    path: str, package: str
) -> None:
    assert told(contract(path, packages=(package,))) == []


@pytest.mark.parametrize(("path", "package"), [("a.py", "numpy"), ("a.ts", "fastapi")])
def test_packages_must_be_declared(path: str, package: str) -> None:
    (message,) = told(contract(path, packages=(package,)))
    assert message == f"it imports the package {package!r}, which is not declared"
