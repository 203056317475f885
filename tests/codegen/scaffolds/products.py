"""Products in every stack, and everything that their packs serve."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.scaffolds.dependencies import settle, tidy
from codegen.scaffolds.facts import ScaffoldFacts
from codegen.scaffolds.reading import read_facts
from codegen.scaffolds.rendering import render_file
from codegen.scaffolds.serving import packages_for, with_scaffold
from core.artifacts.questionnaire import Stack
from core.artifacts.specs import CleanSpec, Requirement
from core.artifacts.structure import (
    Dependency,
    Export,
    FileContract,
    FileStructure,
    Module,
    PlannedTest,
)

Kind = str


def spec_of(
    stack: Stack, *, name: str = "Tool Library", summary: str = "Lends tools."
) -> CleanSpec:
    return CleanSpec(
        project_name=name,
        slug="tool-library",
        summary=summary,
        requirements=(Requirement(id="FR-1", title="Lend tools"),),
        stack=stack,
    )


def file(path: str, *exports: Export, imports: tuple[()] = (), template: str = "") -> FileContract:
    return FileContract(path=path, purpose="p", exports=exports, imports=imports, template=template)


def constant(name: str, signature: str = "") -> Export:
    return Export(name=name, kind="constant", signature=signature)


def function(name: str, signature: str = "") -> Export:
    return Export(name=name, kind="function", signature=signature)


@dataclass(frozen=True)
class Product:
    """A product with what its packs serve.

    Attributes:
        structure: with the packs' files.
        served: texts of the packs' files, by path.
    """

    spec: CleanSpec
    structure: FileStructure
    facts: ScaffoldFacts
    served: dict[str, str]

    def contract(self, path: str) -> FileContract:
        return next(item for item in self.structure.files if item.path == path)


def product(
    spec: CleanSpec,
    files: Sequence[FileContract],
    dependencies: Sequence[Dependency] = (),
    *,
    workflows: bool = True,
    tests: Sequence[PlannedTest] = (),
) -> Product:
    """Let the packs serve a structure, as stages 4 to 7 do."""
    module = Module(name="all", purpose="p", files=tuple(files))
    planned = FileStructure(modules=(module,), dependencies=tuple(dependencies), tests=tuple(tests))
    planned = planned.model_copy(update={"dependencies": tidy(dependencies).dependencies})
    settled = settle(tidy(dependencies, packages_for(spec, planned)), {})
    assert not settled.issues
    planned = planned.model_copy(update={"dependencies": settled.dependencies})
    structure = with_scaffold(spec, planned, workflows=workflows)
    facts = read_facts(spec, structure)
    served = {item.path: render_file(item, facts) for item in structure.files if item.template}
    return Product(spec=spec, structure=structure, facts=facts, served=served)


TABLES = file("app/database.py", function("create_tables", "def create_tables() -> None"))
PAGE = file("app/static/index.html")
README = file("README.md")

PRODUCTS: dict[str, tuple[Stack, tuple[FileContract, ...]]] = {
    "fastapi": (
        Stack(),
        (
            file("app/routers/tools.py", constant("router", "router: APIRouter")),
            TABLES,
            PAGE,
            README,
            file("tests/test_tools.py"),
        ),
    ),
    "fastapi-bare": (Stack(frontend="none", database="none"), ()),
    "flask": (
        Stack(backend="flask"),
        (file("app/routes/tools.py", constant("blueprint")), TABLES, PAGE, README),
    ),
    "flask-bare": (Stack(backend="flask", frontend="none", database="postgresql"), ()),
    "express": (
        Stack(backend="express"),
        (
            file("src/routes/tools.js", constant("router")),
            file("src/routes/auth.js", constant("router")),
            file("src/database.js", function("createTables", "async function createTables()")),
            file("public/index.html"),
            file("public/page.js"),
            file("tests/tools.test.js"),
        ),
    ),
    "express-typescript": (
        Stack(backend="express", frontend="none"),
        (file("src/routes/tools.ts", constant("router")), file("tests/tools.test.ts")),
    ),
    "express-factory": (
        Stack(backend="express", frontend="none"),
        (file("src/app.js", function("createApp", "function createApp()")),),
    ),
    "react": (
        Stack(backend="none", frontend="react", database="none"),
        (
            file("web/src/App.jsx", Export(name="default", kind="component")),
            file("web/src/index.css"),
        ),
    ),
    "react-typescript": (
        Stack(frontend="react"),
        (file("web/src/App.tsx", Export(name="App", kind="component")),),
    ),
    "sveltekit": (
        Stack(backend="express", frontend="sveltekit"),
        (file("web/src/routes/+page.svelte"),),
    ),
    "sveltekit-typescript": (
        Stack(backend="none", frontend="sveltekit"),
        (file("web/src/routes/+page.svelte"), file("web/src/lib/tools.ts", function("tools"))),
    ),
    "python-library": (
        Stack(backend="none", frontend="none", database="none"),
        (
            file("src/tool_library/__init__.py"),
            file("src/tool_library/cli.py", function("main", "def main() -> int")),
            file("tests/test_cli.py"),
            README,
        ),
    ),
    "node-library": (
        Stack(backend="none", frontend="none", database="none"),
        (
            file("src/index.js", function("lend", "function lend(tool)")),
            file("src/cli.js"),
            file("tests/index.test.js"),
        ),
    ),
}


def made(name: str) -> Product:
    """One of the products."""
    stack, files = PRODUCTS[name]
    return product(spec_of(stack), files)
