"""What files of each language take, and which file or package that is."""

import pytest

from codegen.source.interface import imports_of
from codegen.source.names import SourceImport
from codegen.source.targets import Target, target_of, tree_of
from core.artifacts.structure import Dependency
from tests.codegen.source.sources import CSS, GO, HTML, JAVASCRIPT, SVELTE

TREE = tree_of(
    [
        "app/__init__.py", "app/models/__init__.py", "app/models/task.py", "app/main.py",
        "src/lib/index.ts", "src/lib/Badge.svelte", "src/routes/+page.svelte", "src/api/client.ts",
        "src/app.tsx", "src/data.json", "backend/svc/core.py", "backend/tests/test_core.py",
        "src/pkg/__init__.py", "web/src/x.ts", "web/src/shared/y.ts", "public/logo.svg",
        "css/site.css", "css/_vars.scss", "index.html", "store/store.go", "cmd/main.go", "types.py",
    ],
    {
        "web/tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["./src/*"],'
        ' "shared": ["src/shared/y.ts"],},},} // end',
        "go.mod": "module example.com/loans\n\ngo 1.22\n",
        "tsconfig.json": "not JSON",
        "vite.config.ts": "export default { resolve: { alias: { '@api':"
        " fileURLToPath(new URL('./src/api', import.meta.url)) } } }",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "module", "kind", "name"),
    [
        ("app/main.py", "app.models.task", "file", "app/models/task.py"),
        ("app/main.py", "app.models", "file", "app/models/__init__.py"),
        ("app/main.py", ".models", "file", "app/models/__init__.py"),
        ("app/models/task.py", "..main", "file", "app/main.py"),
        ("app/models/task.py", ".", "file", "app/models/__init__.py"),
        ("app/main.py", "...x", "missing", "...x (above the repository's root)"),
        ("app/main.py", "app.model", "missing", "app/model.py"),
        ("app/main.py", "models", "package", "models"),
        ("app/main.py", "pkg", "file", "src/pkg/__init__.py"),
        ("backend/tests/test_core.py", "svc.core", "file", "backend/svc/core.py"),
        ("backend/tests/test_core.py", "svc", "folder", "backend/svc"),
        ("app/main.py", "os.path", "standard", "os"),
        ("app/main.py", "types", "file", "types.py"),
        ("app/main.py", "google.cloud.storage", "package", "google.cloud.storage"),
        ("src/app.tsx", "./api/client", "file", "src/api/client.ts"),
        ("src/app.tsx", "./api/client.js", "file", "src/api/client.ts"),
        ("src/app.tsx", "./lib", "file", "src/lib/index.ts"),
        ("src/app.tsx", "./data.json?raw", "file", "src/data.json"),
        ("src/app.tsx", "@/api/client", "file", "src/api/client.ts"),
        ("src/app.tsx", "@/api/none", "missing", "@/api/none"),
        ("src/app.tsx", "@api/client", "file", "src/api/client.ts"),
        ("src/app.tsx", "./none", "missing", "src/none"),
        ("src/app.tsx", "../../x", "missing", "../../x (above the repository's root)"),
        ("src/routes/+page.svelte", "$lib", "file", "src/lib/index.ts"),
        ("src/routes/+page.svelte", "$lib/Badge.svelte", "file", "src/lib/Badge.svelte"),
        ("src/routes/+page.svelte", "$lib/none", "missing", "$lib/none"),
        ("src/routes/+page.svelte", "$app/state", "unknown", "$app/state"),
        ("src/routes/+page.svelte", "./$types", "unknown", "src/routes/$types"),
        ("web/src/x.ts", "@/shared/y", "file", "web/src/shared/y.ts"),
        ("web/src/x.ts", "shared", "file", "web/src/shared/y.ts"),
        ("web/src/x.ts", "src/shared/y", "file", "web/src/shared/y.ts"),
        ("web/src/x.ts", "react", "package", "react"),
        ("src/app.tsx", "@scope/name/deep", "package", "@scope/name"),
        ("src/app.tsx", "lodash/fp", "package", "lodash"),
        ("src/app.tsx", "fs/promises", "standard", "fs/promises"),
        ("src/app.tsx", "node:test", "standard", "node:test"),
        ("src/app.tsx", "/logo.svg", "unknown", "/logo.svg"),
        ("cmd/main.go", "example.com/loans/store", "folder", "store"),
        ("cmd/main.go", "example.com/loans/none", "missing", "none"),
        ("cmd/main.go", "net/http", "standard", "net/http"),
        ("cmd/main.go", "github.com/a/b", "package", "github.com/a/b"),
        ("index.html", "css/site.css?v=2", "file", "css/site.css"),
        ("index.html", "/logo.svg", "file", "public/logo.svg"),
        ("index.html", "/api/x", "unknown", "api/x"),
        ("index.html", "css/none.css", "missing", "css/none.css"),
        ("css/site.css", "vars", "file", "css/_vars.scss"),
        ("css/site.css", "~pkg/a.css", "unknown", "~pkg/a.css"),
    ],
)  # fmt: skip
def test_an_import_means_a_file_a_package_or_the_platform(
    path: str, module: str, kind: str, name: str
) -> None:
    found = target_of(SourceImport(module=module), path, TREE)
    assert (found.kind, found.name) == (kind, name)


BARE = tree_of(
    [
        "alembic/env.py", "alembic/versions/first.py", "app/core/config.py", "app/core/logging.py",
        "app/core/redis.py", "app/main.py", "email/letters.py", "jwt/__init__.py", "queue.py",
    ]
)  # fmt: skip
"""A repository whose folders have no `__init__.py`, but for one."""


@pytest.mark.parametrize(
    ("path", "module", "kind", "name"),
    [
        ("alembic/env.py", "alembic", "package", "alembic"),
        ("alembic/versions/first.py", "alembic.operations", "package", "alembic.operations"),
        ("alembic/env.py", "alembic.env", "file", "alembic/env.py"),
        ("app/core/config.py", "logging", "standard", "logging"),
        ("app/core/config.py", "logging.config", "standard", "logging"),
        ("app/core/config.py", "email", "standard", "email"),
        ("app/core/config.py", "redis", "package", "redis"),
        ("app/core/config.py", "app.core.redis", "file", "app/core/redis.py"),
        ("app/core/config.py", ".logging", "file", "app/core/logging.py"),
        ("app/core/config.py", "queue", "file", "queue.py"),
        ("app/core/config.py", "jwt", "file", "jwt/__init__.py"),
        ("app/core/config.py", "jwt.none", "missing", "jwt/none.py"),
        ("app/core/config.py", "app.none", "missing", "app/none.py"),
    ],
)
def test_what_is_installed_comes_before_folders_and_what_lies_beside_a_file(
    path: str, module: str, kind: str, name: str
) -> None:
    packages = [Dependency(name=name) for name in ("alembic", "redis", "pyjwt")]
    found = target_of(SourceImport(module=module), path, BARE, dependencies=packages)
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    ("path", "module", "kind", "name"),
    [
        ("alembic/env.py", "alembic", "folder", "alembic"),
        ("alembic/env.py", "alembic.op", "missing", "alembic/op.py"),
        ("app/core/config.py", "redis", "file", "app/core/redis.py"),
    ],
)
def test_a_package_that_is_not_declared_does_not_stand_for_a_folder(
    path: str, module: str, kind: str, name: str
) -> None:
    found = target_of(SourceImport(module=module), path, BARE)
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    "manifest",
    ['[project]\nname = "Tool-Shop"\n', '[tool.poetry]\nname = "tool_shop"\n'],
)
def test_a_project_is_not_installed_beside_its_own_folder(manifest: str) -> None:
    own = [Dependency(name="tool-shop")]
    tree = tree_of(["tool_shop/cart.py"], {"pyproject.toml": manifest, "a/pyproject.toml": "["})
    gone = SourceImport(module="tool_shop.finder")
    found = target_of(gone, "tool_shop/cart.py", tree, dependencies=own)
    assert (found.kind, found.name) == ("missing", "tool_shop/finder.py")


def test_go_packages_are_found_without_a_module_file() -> None:
    tree = tree_of(["store/store.go", "main.go"])
    found = target_of(SourceImport(module="example.com/x/store"), "main.go", tree)
    assert found == Target("folder", "store")


def test_python_imports_are_found_wherever_they_stand() -> None:
    text = (
        "import a, b.c as d\nfrom . import e\n"
        "try:\n    import f\nexcept ImportError:\n    import g\n"
        "if TYPE_CHECKING:\n    from h import i\n"
        "def j():\n    from k import *\n    return importlib.import_module('l')\n"
        "importlib.import_module(name)\n"
    )
    found = [(item.module, item.names, item.kind) for item in imports_of("a.py", text)]
    assert found == [
        ("a", (), "static"), ("b.c", (), "static"), (".", ("e",), "static"),
        ("f", (), "optional"), ("g", (), "static"), ("h", ("i",), "type"),
        ("k", ("*",), "static"), ("l", (), "dynamic"),
    ]  # fmt: skip
    assert imports_of("a.py", "(") == []


def test_script_imports_of_every_kind() -> None:
    text = (
        "import d, { a as b, type T } from './x';\nimport * as n from 'y';\nimport './side.css';\n"
        "import type { Q } from './q';\nimport z = require('z');\nexport { p } from './p';\n"
        "const { h, i: j = 1 } = require('./r');\nconst k = require('k').prop;\n"
        "try { require('o'); } catch {}\nconst { m } = await import('./dyn');\n"
        "vi.mock('./mocked');\n"
    )
    found = [(item.module, item.names, item.kind) for item in imports_of("a.ts", text)]
    assert found == [
        ("./x", ("default", "a", "T"), "static"), ("y", (), "static"), ("./side.css", (), "static"),
        ("./q", ("Q",), "type"), ("z", (), "static"), ("./p", ("p",), "static"),
        ("./r", ("h", "i"), "static"), ("k", ("prop",), "static"), ("o", (), "optional"),
        ("./dyn", ("m",), "dynamic"), ("./mocked", (), "optional"),
    ]  # fmt: skip
    passed_on = 'export type * from "./a";\nexport * from "./b";\nimport type from "./c";\n'
    found = [(item.module, item.names, item.kind) for item in imports_of("a.ts", passed_on)]
    assert found == [
        ("./a", (), "type"), ("./b", (), "static"), ("./c", ("default",), "static"),
    ]  # fmt: skip
    assert [item.module for item in imports_of("server.js", JAVASCRIPT)] == [
        "express", "node:path", "./auth", "./loans.mjs",
    ]  # fmt: skip


def test_components_pages_sheets_and_go_files_say_what_they_take() -> None:
    assert [(item.module, item.line) for item in imports_of("a.svelte", SVELTE)] == [
        ("$app/state", 6), ("$lib/Badge.svelte", 7), ("$lib/loans", 8), ("svelte", 9),
    ]  # fmt: skip
    assert [item.module for item in imports_of("a.html", HTML)] == ["css/site.css", "./app.js?v=1"]
    assert [item.module for item in imports_of("a.css", CSS)] == ["base.css"]
    assert imports_of("a.md", "[a](b.md)") == []
    assert imports_of("LICENSE", "MIT") == []
    found = {item.module: item.names for item in imports_of("a.go", GO)}
    assert found["example.com/loans/internal/model"] == ("Loan",)
    assert found["github.com/go-chi/chi/v5"] == ("URLParam",)
