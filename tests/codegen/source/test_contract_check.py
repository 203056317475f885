"""Contracts in TypeScript, Svelte, CommonJS, Go and Python, kept and broken."""

import pytest

from codegen.source.contract_check import amended_contract, contract_findings
from codegen.source.findings import Finding, errors_of
from codegen.source.interface import exports_of
from codegen.source.names import Exports, promised_exports
from codegen.source.packages import canonical, declares
from codegen.source.targets import tree_of
from core.artifacts.structure import Dependency, Export, FileContract, Import

CLIENT = """export interface Loan { id: string; }
export async function list(limit: number): Promise<Loan[]> { return []; }
export default class Client { get(id: string): Loan | undefined { return undefined; } }
"""
MODELS = (
    "from app.database import Base\n\nclass Loan(Base):\n    tool: str\n\n"
    "class Late(Loan):\n    days: int\n\n    def cost(self, rate: float) -> float:\n"
    "        return self.days * rate\n"
)
TEXTS = {
    "src/client.ts": CLIENT,
    "src/index.ts": "export * from './client';\nexport { Client as C } from './none';\n",
    "src/Badge.svelte": "<script>export let label;</script>{label}",
    "lib/auth.js": "module.exports = { check(req) { return req; } };",
    "app/__init__.py": "from app.models import Loan\nfrom app.database import *\n",
    "app/database.py": "class Base:\n    id: int\n\n\ndef connect(): return 1\n",
    "app/models.py": MODELS,
    "app/odd.py": "def __getattr__(name): return name\n",
    "ns/inner.py": "x = 1\n",
    "go.mod": "module ex.com/m\n",
    "store/store.go": "package store\n\nfunc New() {}\n",
    "logo.svg": "<svg/>",
}
INDEX: dict[str, Exports] = {path: exports_of(path, text) for path, text in TEXTS.items()}
TREE = tree_of(TEXTS, TEXTS)
DEPENDENCIES = (
    Dependency(name="FastAPI[standard]>=0.1"), Dependency(name="python-dotenv"),
    Dependency(name="google-cloud-storage"), Dependency(name="Flask-SQLAlchemy"),
    Dependency(name="scikit-learn"), Dependency(name="express", ecosystem="npm"),
    Dependency(name="@types/node", ecosystem="npm"), Dependency(name="github.com/a/b",
                                                               ecosystem="go"),
)  # fmt: skip


def _check(path: str, text: str, *exports: Export, imports: tuple[str, ...] = ()) -> list[Finding]:
    contract = FileContract(
        path=path,
        purpose="Checked.",
        exports=exports,
        imports=tuple(Import(path=item) for item in imports),
    )
    return contract_findings(contract, text, INDEX, DEPENDENCIES, TREE)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.ts", "import C, { list, type Loan } from './client'; import e from 'express';"),
        ("src/a.ts", "import { list } from './index'; import logo from '../logo.svg';"),
        ("src/a.ts", "import { x } from './later'; ".replace("./later", "$app/state")),
        ("src/a.svelte", "<script>import Badge from './Badge.svelte';</script>"),
        ("lib/a.js", "const { check } = require('./auth'); const a = require('./auth');"),
        ("lib/a.mjs", "import auth, { check } from './auth.js'; import fs from 'fs';"),
        ("app/a.py", "from app import Loan, models, connect\nimport app.models as m\n"),
        ("app/a.py", "from .odd import anything\nfrom ns import inner\nimport sys\n"),
        ("app/a.py", "from starlette.responses import Response\nfrom dotenv import load_dotenv\n"),
        ("app/a.py", "from google.cloud.storage import Client\nimport flask_sqlalchemy, sklearn\n"),
        ("cmd/main.go", 'package main\nimport ("fmt"; "ex.com/m/store"; "github.com/a/b/c")\n'
         "func main() { store.New(); fmt.Println(c.D) }"),
    ],
)  # fmt: skip
def test_imports_of_what_exists_are_no_errors(path: str, text: str) -> None:
    assert errors_of(_check(path, text)) == []


@pytest.mark.parametrize(
    ("path", "text", "code", "said"),
    [
        ("src/a.ts", "import { lists } from './client';", "unknown-name", "'list'"),
        ("src/a.ts", "import b from './index';", "unknown-name", "no default export"),
        ("src/a.ts", "import { a } from './clients';", "unknown-file", "'src/client.ts'"),
        ("src/a.ts", "import a from 'fastify';", "undeclared-package", "express"),
        ("src/a.svelte", "<script>\nimport B from '$lib/B.svelte';</script>", "unknown-file", "B"),
        ("lib/a.js", "const { chek } = require('./auth');", "unknown-name", "'check'"),
        ("app/a.py", "from app.models import Loans\n", "unknown-name", "'Loan'"),
        ("app/a.py", "from app import nothing\n", "unknown-name", "nothing"),
        ("app/a.py", "from ns import outer\n", "unknown-name", "outer"),
        ("app/a.py", "import django\n", "undeclared-package", "FastAPI"),
        ("cmd/main.go", 'package main\nimport "ex.com/m/store"\nfunc main() { store.Old() }',
         "unknown-name", "Old"),
        ("cmd/main.go", 'package main\nimport "ex.com/m/none"\n', "unknown-file", "none"),
        ("cmd/main.go", 'package main\nimport "github.com/x/y"\n', "undeclared-package", "x/y"),
    ],
)  # fmt: skip
def test_imports_of_what_is_not_there_are_errors(
    path: str, text: str, code: str, said: str
) -> None:
    errors = errors_of(_check(path, text))
    assert [item.code for item in errors] == [code], errors
    assert said in str(errors[0])
    assert errors[0].line


@pytest.mark.parametrize("initialised", [False, True])
def test_names_of_a_declared_package_are_not_looked_for_in_a_mere_folder(
    initialised: bool,
) -> None:
    marker = ["alembic/__init__.py"] if initialised else []
    tree = tree_of(["alembic/env.py", "alembic/versions/first.py", *marker])
    index: dict[str, Exports] = {path: Exports() for path in tree.paths}
    contract = FileContract(path="alembic/versions/first.py", purpose="Migrates.")
    declared = [Dependency(name="alembic>=1")]
    found = contract_findings(contract, "from alembic import op\n", index, declared, tree)
    assert [item.code for item in errors_of(found)] == (["unknown-name"] if initialised else [])
    undeclared = contract_findings(contract, "from alembic import op\n", index, (), tree)
    assert [item.code for item in errors_of(undeclared)] == ["unknown-name"]


def test_an_import_whose_failure_is_handled_only_warns() -> None:
    text = "try:\n    import ujson\n    from app.none import x\nexcept ImportError:\n    x = None\n"
    found = _check("app/a.py", text)
    assert [item.code for item in found] == ["undeclared-package", "unknown-file"]
    assert errors_of(found) == []


def test_a_promised_import_that_is_not_made_warns() -> None:
    found = _check("src/a.ts", "export {};", imports=("src/client.ts", "logo.svg"))
    assert [item.code for item in found] == ["unused-promise"]


@pytest.mark.parametrize(
    ("path", "text", "export"),
    [
        ("src/b.ts", CLIENT, Export(name="Client", kind="class")),
        ("src/b.ts", CLIENT, Export(name="default", kind="class")),
        ("src/b.ts", CLIENT, Export(name="Client.get", kind="function")),
        ("src/b.ts", CLIENT, Export(name="Loan", kind="type", signature="interface Loan { id }")),
        ("src/b.ts", "export { list } from './client';",
         Export(name="list", kind="function", signature="list(limit: number): Promise<Loan[]>")),
        ("src/b.ts", "export const f = () => 1;",
         Export(name="f", kind="constant", signature="const f: () => number")),
        ("src/b.ts", "export * from './client';", Export(name="anything")),
        ("src/B.svelte", "<p>a</p>", Export(name="B", kind="component")),
        ("src/routes/+page.svelte", "<p>a</p>", Export(name="Page", kind="component")),
        ("src/routes/+page.svelte", "<p>a</p>", Export(name="Page")),
        ("src/B.jsx", "export default memo(B);", Export(name="B", kind="component")),
        ("src/B.jsx", "export default () => <p/>;", Export(name="B", kind="component")),
        ("lib/b.js", "const r = f(); module.exports = r;", Export(name="r", kind="constant")),
        ("app/b.py", "from app.models import Loan\n",
         Export(name="Loan", kind="class", signature="class Loan(Base): tool: str; id: int")),
        ("app/b.py", MODELS, Export(name="Late", kind="class",
         signature="class Late(Loan): days: int; tool: str; def cost(self, rate: float) -> float")),
        ("app/b.py", "x = make()\n", Export(name="x", kind="function", signature="def x(a)")),
        ("a.css", ".a {}", Export(name="a")),
        ("app/b.py", "x = 1\n", Export(name="/health", kind="other")),
    ],
)  # fmt: skip
def test_a_promised_export_is_found_in_any_form(path: str, text: str, export: Export) -> None:
    assert errors_of(_check(path, text, export)) == []


@pytest.mark.parametrize(
    ("path", "text", "export", "code", "said"),
    [
        ("src/b.ts", CLIENT, Export(name="lists"), "missing-export", "'list'"),
        ("src/b.ts", CLIENT, Export(name="list", kind="class"), "wrong-kind", "function"),
        ("src/b.ts", CLIENT, Export(name="Client", kind="class",
         signature="class Client { get(id: string, deep: boolean): Loan; put(loan: Loan): void }"),
         "wrong-signature", "'deep' is missing"),
        ("src/b.ts", CLIENT, Export(name="Client", kind="class",
         signature="class Client { constructor(url: string); put(loan: Loan): void }"),
         "wrong-signature", "no member 'put'"),
        ("app/b.py", MODELS, Export(name="Late", kind="class",
         signature="class Late(Loan):\n    days: int\n    def cost(self) -> float: ..."),
         "wrong-signature", "cost: the parameter 'rate'"),
        ("app/b.py", MODELS, Export(name="Late", kind="class",
         signature="class Late(Loan): hours: int"), "wrong-signature", "'hours'"),
        ("src/B.jsx", "export default memo(C);", Export(name="B", kind="component"),
         "missing-export", "'B'"),
        ("src/B.jsx", "export default function C() {}", Export(name="B", kind="component"),
         "missing-export", "'B'"),
        ("src/B.jsx", "export default { a: 1 };", Export(name="B", kind="component"),
         "missing-export", "'B'"),
        ("src/B.svelte", "<p>a</p>", Export(name="load", kind="function"),
         "missing-export", "'load'"),
        ("src/b.js", "export default () => 1;", Export(name="b", kind="function"),
         "missing-export", "'b'"),
        ("store/b.go", "package b\nfunc New(a int) {}",
         Export(name="New", kind="function", signature="func New()"), "wrong-signature", "'a'"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_an_error(
    path: str, text: str, export: Export, code: str, said: str
) -> None:
    errors = errors_of(_check(path, text, export))
    assert errors
    assert {item.code for item in errors} == {code}
    assert any(said in str(item) for item in errors), errors


@pytest.mark.parametrize("other", [Export(name="C", kind="component"), Export(name="default")])
def test_of_several_exports_an_unnamed_default_keeps_no_promise(other: Export) -> None:
    promised = Export(name="B", kind="component")
    errors = errors_of(_check("src/B.jsx", "export default () => <p/>;", promised, other))
    assert "missing-export" in {item.code for item in errors}


@pytest.mark.parametrize(
    ("path", "promised", "refused"),
    [
        ("src/TaskList.jsx", Export(name="TaskList", kind="component"), False),
        ("src/TaskList.svelte", Export(name="TaskList"), False),
        ("src/TaskList.js", Export(name="TaskList", kind="function"), True),
    ],
)
def test_a_component_that_is_not_written_yet_can_be_taken_as_default(
    path: str, promised: Export, refused: bool
) -> None:
    later = FileContract(path=path, purpose="p", exports=(promised,))
    app = FileContract(path="src/App.jsx", purpose="p", imports=(Import(path=path),))
    text = f"import TaskList from './{path.removeprefix('src/')}';\nTaskList();\n"
    found = contract_findings(app, text, {path: promised_exports(later)})
    assert [item.code for item in errors_of(found)] == (["unknown-name"] if refused else [])
    named = exports_of(path, "export function TaskList() { return <p/>; }")
    if path.endswith(".jsx"):
        (error,) = errors_of(contract_findings(app, text, {path: named}))
        assert "has no default export" in error.message


def test_a_member_that_an_unseen_base_may_bring_only_warns() -> None:
    text = "from outside import Unseen\n\nclass A(Unseen):\n    x = 1\n"
    export = Export(name="A", kind="class", signature="class A(Unseen): y: int")
    found = [item for item in _check("app/b.py", text, export) if item.code == "wrong-signature"]
    assert found
    assert errors_of(found) == []


def test_a_contract_is_amended_by_what_the_file_has_besides() -> None:
    contract = FileContract(
        path="src/b.ts",
        purpose="Amended.",
        exports=(Export(name="f", kind="function", signature="function f(a: string)"),),
    )
    text = "import { list } from './client';\nexport function f(b: string, c = 1) {}\nlist;\n"
    amended = amended_contract(contract, text + "export const LIMIT = 2;\n", INDEX, TREE)
    assert amended
    assert [(item.name, item.signature) for item in amended.exports] == [
        ("f", "function f(b: string, c = 1)"), ("LIMIT", "const LIMIT = 2"),
    ]  # fmt: skip
    assert amended.imports == (Import(path="src/client.ts", symbols=("list",)),)
    assert amended_contract(amended, text + "export const LIMIT = 2;\n", INDEX, TREE) is None


def test_tests_and_sheets_amend_nothing() -> None:
    tests = FileContract(path="tests/test_a.py", purpose="Tests.")
    assert amended_contract(tests, "def test_a():\n    assert 1\n", {}) is None
    assert amended_contract(FileContract(path="a.css", purpose="Looks."), ".a {}", {}) is None


def test_submodules_and_packages_amend_by_their_files() -> None:
    contract = FileContract(path="app/b.py", purpose="Amended.")
    text = "from app import models\nfrom ns import inner\nimport app.database\n"
    amended = amended_contract(contract, text, INDEX, TREE)
    assert amended
    assert {item.path for item in amended.imports} >= {
        "app/models.py", "ns/inner.py", "app/database.py",
    }  # fmt: skip


def test_packages_are_known_by_module_and_by_what_brings_them() -> None:
    assert canonical("Flask_SQLAlchemy[x]>=3 ; python_version") == "flask-sqlalchemy"
    jest = (Dependency(name="jest", ecosystem="npm"),)
    assert declares(jest, "@jest/globals", "npm")
    assert declares(DEPENDENCIES, "node", "npm")
    assert declares((Dependency(name="pyjwt"),), "jwt", "python")
    assert not declares((Dependency(name="flask"),), "flask_login", "python")
    assert not declares(DEPENDENCIES, "google.cloud.bigquery", "python")
