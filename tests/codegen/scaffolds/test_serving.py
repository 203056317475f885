"""How the packs' files come into a structure, and which."""

import json
import tomllib

import pytest

from codegen.contracts import check_structure, modules_of
from codegen.runners.npm_scripts import runner_commands
from codegen.scaffolds.entry_points import is_test, python_application, script_application
from codegen.scaffolds.manifest_parts import free_name
from codegen.scaffolds.serving import (
    SCAFFOLD,
    is_scaffold,
    making_room,
    packages_for,
    with_scaffold,
    without_scaffold,
)
from core.artifacts.questionnaire import Stack
from core.artifacts.run_plan import Runner
from core.artifacts.schema import Schema
from core.artifacts.structure import (
    Dependency,
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
)
from tests.codegen.scaffolds.products import (
    PRODUCTS,
    constant,
    file,
    function,
    made,
    product,
    spec_of,
)


def structure_of(*files: FileContract, dependencies: tuple[Dependency, ...] = ()) -> FileStructure:
    module = Module(name="all", purpose="p", files=files)
    return FileStructure(modules=(module,), dependencies=dependencies)


@pytest.mark.parametrize("name", PRODUCTS)
def test_done_again_it_changes_nothing(name: str) -> None:
    structure = made(name).structure
    spec = spec_of(PRODUCTS[name][0])
    assert with_scaffold(spec, structure, workflows=True) == structure
    plain = without_scaffold(structure)
    assert not any(item.template for item in plain.files)
    assert with_scaffold(spec, plain, workflows=True) == structure


def test_what_packs_serve_joins_a_module_of_its_own_at_the_end() -> None:
    structure = with_scaffold(spec_of(Stack()), structure_of(file("app/models.py")))
    assert [module.name for module in structure.modules] == ["all", SCAFFOLD]
    assert is_scaffold(structure.modules[-1])


def test_a_module_whose_name_only_begins_like_it_stays_where_it_is() -> None:
    own = Module(name="scaffolding", purpose="p", files=(file("pyproject.toml"),))
    other = Module(name="api", purpose="p", files=(file("app/models.py"),))
    structure = with_scaffold(spec_of(Stack()), FileStructure(modules=(own, other)))
    assert [module.name for module in structure.modules] == ["scaffolding", "api", SCAFFOLD]
    plain = without_scaffold(structure)
    assert [module.name for module in plain.modules] == ["scaffolding", "api"]
    assert with_scaffold(spec_of(Stack()), structure) == structure


def test_a_file_that_somebody_adds_to_its_module_by_hand_is_kept() -> None:
    module = Module(name=SCAFFOLD, purpose="p", files=(file("app/models.py"),))
    structure = with_scaffold(spec_of(Stack()), FileStructure(modules=(module,)))
    assert [module.name for module in structure.modules] == [SCAFFOLD]
    assert structure.files[0].path == "app/models.py"
    assert "pyproject.toml" in {item.path for item in structure.files}
    assert without_scaffold(structure).files == module.files


def test_a_file_that_never_needs_a_model_is_taken_over_in_its_place() -> None:
    planned = FileContract(
        path=".GitIgnore",
        purpose="Mine.",
        requirements=("FR-1",),
        imports=(Import(path="app/models.py"),),
    )
    structure = with_scaffold(spec_of(Stack()), structure_of(file("app/models.py"), planned))
    taken = [item for item in structure.files if item.path.casefold() == ".gitignore"]
    assert [item.template for item in taken] == ["repository/gitignore"]
    assert taken[0].requirements == ("FR-1",)
    assert taken[0].imports == ()


@pytest.mark.parametrize("path", ["app/main.py", "Dockerfile", "app/__init__.py"])
def test_a_file_that_is_only_offered_gives_way(path: str) -> None:
    structure = with_scaffold(spec_of(Stack()), structure_of(file(path)))
    assert [item.template for item in structure.files if item.path == path] == [""]


def test_room_is_made_for_what_a_module_plans_in_its_place() -> None:
    structure = with_scaffold(spec_of(Stack()), structure_of(file("app/models.py")))
    paths = {item.path for item in making_room(structure, ["dockerfile", "app/models.py"]).files}
    assert "Dockerfile" not in paths
    assert {"app/models.py", "app/main.py"} <= paths


def test_an_application_of_ones_own_is_what_the_image_runs() -> None:
    made_own = product(
        spec_of(Stack()), (file("app/server.py", function("create_app", "def create_app()")),)
    )
    assert "app/main.py" not in made_own.served
    assert '"app.server:create_app", "--factory"' in made_own.served["Dockerfile"]


def test_modules_at_the_root_are_installed_too() -> None:
    flat = product(
        spec_of(Stack()),
        (file("main.py", constant("app")), file("models.py"), file("test_main.py")),
    )
    image = flat.served["Dockerfile"]
    assert 'COPY ["main.py", "models.py", "./"]' in image
    assert '"main:app"' in image
    hatch = tomllib.loads(flat.served["pyproject.toml"])["tool"]["hatch"]
    assert hatch["build"]["targets"]["wheel"] == {"only-include": ["main.py", "models.py"]}


def test_a_package_whose_name_is_not_plain_is_copied_into_the_image_too() -> None:
    own = product(spec_of(Stack()), (file("größe/__init__.py"), file("app/models.py")))
    assert 'COPY ["größe", "./größe"]' in own.served["Dockerfile"]


def test_a_router_that_another_one_includes_is_not_included_again() -> None:
    names = ("router",)
    inner = file("app/routes/tasks.py", constant("router", "router: APIRouter"))
    outer = file("app/api.py", constant("api_router", "api_router: APIRouter")).model_copy(
        update={"imports": (Import(path=inner.path, symbols=names),)}
    )
    made_own = product(spec_of(Stack()), (inner, outer))
    assert [item.symbol for item in made_own.facts.assembly.routers] == ["api_router"]
    stack = Stack(backend="express")
    inner = file("src/routes/auth.js", constant("router"))
    outer = file("src/routes/index.js", constant("apiRouter")).model_copy(
        update={"imports": (Import(path=inner.path, symbols=names),)}
    )
    assembly = product(spec_of(stack), (inner, outer)).facts.assembly
    assert [item.symbol for item in assembly.routers] == ["apiRouter"]
    assert assembly.auth is None


def test_routers_that_take_something_else_of_each_other_are_all_included() -> None:
    tasks = file("app/tasks.py", constant("router"), function("find"))
    users = file("app/users.py", constant("router")).model_copy(
        update={"imports": (Import(path="app/tasks.py", symbols=("find",)),)}
    )
    assembly = product(spec_of(Stack()), (tasks, users)).facts.assembly
    assert [item.path for item in assembly.routers] == ["app/tasks.py", "app/users.py"]
    users = users.model_copy(update={"imports": (Import(path="app/tasks.py"),)})
    assembly = product(spec_of(Stack()), (tasks, users)).facts.assembly
    assert len(assembly.routers) == 2, "it is looked at alone"
    tasks = tasks.model_copy(
        update={"imports": (Import(path="app/users.py", symbols=("router",)),)}
    )
    users = users.model_copy(
        update={"imports": (Import(path="app/tasks.py", symbols=("router",)),)}
    )
    assembly = product(spec_of(Stack()), (tasks, users)).facts.assembly
    assert len(assembly.routers) == 2


def test_an_application_in_src_is_installed_from_there() -> None:
    own = product(spec_of(Stack()), (file("src/shop/web.py", constant("app")),))
    assert own.facts.python is not None
    assert own.facts.python.packages == ("src/shop",)
    assert '"shop.web:app"' in own.served["Dockerfile"]


def test_what_a_served_file_lacks_is_told_to_the_module_beside_it() -> None:
    modules = (
        Module(name="api", purpose="p", files=(file("app/models.py"),)),
        Module(name="web", purpose="p", files=(file("web/src/Page.jsx", constant("Page")),)),
    )
    spec = spec_of(Stack(frontend="react"))
    structure = with_scaffold(spec, FileStructure(modules=modules))
    issues = check_structure(spec, Schema(), structure)
    (lacking,) = [issue for issue in issues if "web/src/App.jsx" in issue.message]
    assert lacking.place == "web/src/main.jsx"
    assert [module.name for module in modules_of(structure, Schema(), lacking.place)] == ["web"]
    assert [module.name for module in modules_of(structure, Schema(), "LICENSE")] == ["api"]


def test_a_flask_factory_of_ones_own_is_called() -> None:
    stack = Stack(backend="flask")
    made_own = product(spec_of(stack), (file("app/server.py", function("create_app")),))
    assert '"app.server:create_app()"' in made_own.served["Dockerfile"]


def test_an_express_factory_of_ones_own_is_called() -> None:
    server = made("express-factory").served["src/server.js"]
    assert "await createApp()" in server
    assert 'from "./app.js"' in server


def test_a_server_of_ones_own_is_what_starts() -> None:
    stack = Stack(backend="express", frontend="none")
    made_own = product(spec_of(stack), (file("src/server.js"),))
    assert "src/server.js" not in made_own.served
    assert '"start": "node src/server.js"' in made_own.served["package.json"]


def test_what_cannot_be_imported_is_not() -> None:
    assert python_application([file("app/two words.py", constant("app"))]) is None
    assert python_application([file("tests/conftest.py", constant("app"))]) is None
    assert script_application([file("src/a b.js", constant("app"))], "src/") is None
    router = constant("router")
    names = ("app/class.py", "app/a-b.py", "app/x.py")
    assembly = product(spec_of(Stack()), [file(name, router) for name in names]).facts.assembly
    assert [item.path for item in assembly.routers] == ["app/x.py"]


def test_routers_of_one_name_get_names_of_their_own() -> None:
    files = [file(f"app/{folder}/routes.py", constant("router")) for folder in ("a", "b", "c")]
    main = product(spec_of(Stack()), files).served["app/main.py"]
    for alias in ("routes_router", "routes_router_2", "routes_router_3"):
        assert f"app.include_router({alias})" in main


def test_starters_that_need_something_are_not_called() -> None:
    needy = file("app/database.py", function("create_tables", "def create_tables(engine: Engine)"))
    assert product(spec_of(Stack()), [needy]).facts.assembly.starters == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_x.py", True),
        ("src/x.test.js", True),
        ("src/x_test.py", True),
        ("app/conftest.py", True),
        ("app/testing.py", False),
        ("src/latest.js", False),
    ],
)
def test_tests_are_told_apart(path: str, expected: bool) -> None:
    assert is_test(path) is expected


def test_a_declared_runner_runs_the_tests() -> None:
    stack = Stack(backend="express", frontend="none")
    runner = Dependency(name="vitest", ecosystem="npm", development=True)
    assert '"test": "vitest run"' in product(spec_of(stack), (), [runner]).served["package.json"]


def test_jest_is_run_so_that_it_loads_modules() -> None:
    script = script_of_tests("jest", planned=["tests/tools.test.js"])
    assert script == "node --experimental-vm-modules node_modules/jest/bin/jest.js"
    (command,) = runner_commands({"test": script}, "/result")
    assert (command.runner, command.line) == (
        Runner.JEST,
        f"{script} --ci --json --outputFile=/result",
    )


@pytest.mark.parametrize(
    ("runner", "planned", "script"),
    [
        ("", [], ""),
        ("", ["tests/tools.test.js", "src/b-test.ts", "test/c.js"], "node --test"),
        ("", ["src/tools.spec.js"], "node --test src/tools.spec.js"),
        (
            "",
            ["tests/tools.test.js", "tests/lend.js", "tests/of tools.js"],
            "node --test tests/lend.js 'tests/of tools.js' tests/tools.test.js",
        ),
        ("mocha", ["test/tools.js", "test/api/lend.spec.js"], "mocha --recursive"),
        ("mocha", ["tests/tools.test.js"], "mocha --recursive tests/tools.test.js"),
        ("vitest", ["tests/tools.spec.js"], "vitest run"),
    ],
)
def test_the_command_of_the_tests_names_what_it_would_not_find(
    runner: str, planned: list[str], script: str
) -> None:
    assert script_of_tests(runner, planned=planned) == script


def test_the_tests_of_each_folder_are_found_by_its_own_command() -> None:
    stack = Stack(backend="express", frontend="react")
    paths = ["tests/tools.spec.js", "tests/more.test.js", "web/tests/page.spec.js"]
    made = product(spec_of(stack), [file(path) for path in paths], tests=planned_in(paths[::2]))
    scripts = [
        json.loads(made.served[path])["scripts"]["test"]
        for path in ("package.json", "web/package.json")
    ]
    assert scripts == [
        "node --test tests/more.test.js tests/tools.spec.js",
        "node --test tests/page.spec.js",
    ]


def script_of_tests(runner: str, *, planned: list[str]) -> str:
    """The script `test` of a product whose planned tests are in these files."""
    packages = [Dependency(name=runner, ecosystem="npm", development=True)] if runner else []
    files = [file(path) for path in planned]
    spec = spec_of(Stack(backend="express", frontend="none"))
    served = product(spec, files, packages, tests=planned_in(planned)).served
    return json.loads(served["package.json"])["scripts"].get("test", "")


def planned_in(paths: list[str]) -> list[PlannedTest]:
    return [PlannedTest(requirement="FR-1", path=path, case="lends") for path in paths]


def test_a_file_in_another_script_gets_a_name_that_every_editor_can_type() -> None:
    files = [file("app/задачи.py", constant("router"))]
    main = product(spec_of(Stack()), files).served["app/main.py"]
    assert "from app.задачи import router as part_router" in main


def test_a_package_is_not_called_like_what_it_needs() -> None:
    assert free_name("reading-list", ["fastapi"], "python") == "reading-list"
    assert free_name("fastapi", ["fastapi"], "python") == "fastapi-app"
    assert free_name("starlette", [], "python") == "starlette-app"
    assert free_name("some-tool", ["some-tool[x]"], "python") == "some-tool-app"
    assert free_name("express", ["express"], "npm") == "express-app"


def test_each_manifest_lists_what_its_folder_uses() -> None:
    stack = Stack(backend="express", frontend="react")
    names = ("zod", "pg", "react", "lodash")
    dependencies = [Dependency(name=name, ecosystem="npm", versions="^1.0.0") for name in names]
    both = ("zod",)
    files = [
        file("src/routes/a.js", constant("router")).model_copy(update={"packages": (*both, "pg")}),
        file("web/src/App.jsx", Export(name="default")).model_copy(update={"packages": both}),
    ]
    facts = product(spec_of(stack), files, dependencies).facts
    assert facts.node is not None
    assert facts.web is not None
    root = {item.name for item in facts.node.dependencies}
    web = {item.name for item in facts.web.dependencies}
    assert {"zod", "pg", "lodash", "express", "eslint"} <= root
    assert {"zod", "react", "vite", "eslint"} <= web
    assert not {"react", "vite"} & root
    assert not {"pg", "express", "lodash"} & web


@pytest.mark.parametrize(
    ("paths", "dependency", "pack"),
    [
        (("src/index.js",), None, "node-library"),
        (("src/index.ts", "shelf/x.py"), None, "python-library"),
        ((), "npm", "node-library"),
        ((), None, "python-library"),
        (("main.go",), None, ""),
        ((), "go", ""),
    ],
)
def test_the_language_of_a_library_follows_from_its_files(
    paths: tuple[str, ...], dependency: str | None, pack: str
) -> None:
    stack = Stack(backend="none", frontend="none")
    declared = (
        (Dependency.model_validate({"name": "example.org/x", "ecosystem": dependency}),)
        if dependency
        else ()
    )
    structure = structure_of(*map(file, paths), dependencies=declared)
    served = {item.path for item in with_scaffold(spec_of(stack), structure).files if item.template}
    manifest = {"node-library": "package.json", "python-library": "pyproject.toml"}.get(pack)
    assert ({manifest} if manifest else set()) == served & {"package.json", "pyproject.toml"}
    assert bool(served) == bool(pack)


def test_what_a_library_needs_is_known_once_its_files_are() -> None:
    spec = spec_of(Stack(backend="none", frontend="none"))
    assert packages_for(spec, FileStructure(modules=(Module(name="a", purpose="p"),))) == ()
    assert [item.name for item in packages_for(spec, structure_of(file("x/y.py")))] == ["pytest"]


def test_a_served_structure_passes_the_checks_of_structures() -> None:
    for name in PRODUCTS:
        whole = made(name)
        about = {item.path for item in whole.structure.files if item.template}
        issues = check_structure(whole.spec, Schema(), whole.structure)
        assert [issue for issue in issues if issue.place in about] == [], name
