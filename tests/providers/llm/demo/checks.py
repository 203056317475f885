"""What must hold of every build, whatever the questionnaire."""

import ast
import html
import re
import tomllib
from pathlib import Path, PurePosixPath

from codegen.source.interface import imports_of
from codegen.source.packages import declares
from codegen.source.targets import target_of, tree_of
from core.artifacts.structure import FileContract
from tests.providers.llm.demo.driver import Build

_NO_MODULES = {"app", "tests"}


def check_build(made: Build) -> None:
    """Every file parses, exports and imports what it promised, and holds its planned tests."""
    assert not made.issues.errors
    assert made.corrections == []
    contracts = {file.path: file for file in made.structure.files}
    for path, text in made.files.items():
        assert text.endswith("\n")
        assert "\0" not in text
        if path.endswith(".py"):
            _check_python(made, contracts[path], text)
    tomllib.loads(made.files["pyproject.toml"])
    assert html.escape(made.spec.project_name, quote=False) in _with_plain_quotes(
        made.files["app/static/index.html"]
    )
    planned = {test.requirement for test in made.structure.tests}
    assert planned == {requirement.id for requirement in made.spec.requirements}


def _with_plain_quotes(page: str) -> str:
    return page.replace("&#34;", '"').replace("&#39;", "'")


def _check_python(made: Build, file: FileContract, text: str) -> None:
    compile(text, file.path, "exec", dont_inherit=True)
    tree = ast.parse(text)
    assert ast.get_docstring(tree), file.path
    defined = _defined(tree)
    spaceless = re.sub(r"\s|,(?=\s*\))", "", text)
    for item in file.exports:
        assert item.name in defined, (file.path, item.name)
        assert re.sub(r"\s", "", item.signature) in spaceless, (file.path, item.signature)
    declared = [item for item in made.structure.dependencies if item.name in file.packages]
    outside = _packages(made, file, text)
    assert all(declares(declared, name, "python") for name in outside), (file.path, outside)
    for item in declared:
        assert any(declares([item], name, "python") for name in outside), (file.path, item.name)
    allowed = {item.path: set(item.symbols) for item in file.imports}
    for path, names in _imported(tree).items():
        assert names <= allowed.get(path, set()), (file.path, path, names)
        assert names <= _defined(ast.parse(made.files[path]))
    cases = [test.case for test in made.structure.tests if test.path == file.path]
    assert sorted(cases) == sorted(name for name in defined if name.startswith("test_"))


def _packages(made: Build, file: FileContract, text: str) -> set[str]:
    around = tree_of(made.files)
    targets = [target_of(item, file.path, around) for item in imports_of(file.path, text)]
    return {target.name for target in targets if target.kind == "package"}


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                assert node.name not in names, node.name
                names.add(node.name)
            case ast.Assign():
                names |= {item.id for item in node.targets if isinstance(item, ast.Name)}
            case _:
                pass
    return names


def _imported(tree: ast.Module) -> dict[str, set[str]]:
    """Names imported from the repository's own files, by path."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            path = PurePosixPath(*node.module.split(".")).with_suffix(".py")
            if path.parts[0] in _NO_MODULES:
                found.setdefault(str(path), set()).update(name.name for name in node.names)
    return found


def write_tree(made: Build, folder: Path) -> None:
    """Write a build's files into a folder."""
    for path, text in made.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
