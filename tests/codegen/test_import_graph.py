from codegen.import_graph import ImportGraph

PYTHON = {
    "app/__init__.py": "",
    "app/models.py": "class Task: ...\n",
    "app/service.py": "from app.models import Task\n",
    "app/routes/__init__.py": "",
    "app/routes/tasks.py": "from app import service\nfrom app.models import Task\n",
    "app/main.py": "from app.routes import tasks\n",
    "app/broken.py": "import (",
    "app/page.html": "<p></p>",
    "tests/conftest.py": "from app.main import tasks\n",
    "tests/api/test_tasks.py": "def test_a(client): ...\n",
    "tests/test_models.py": "from app.models import Task\n",
    "tests/test_alone.py": "def test_b(): ...\n",
}
SCRIPTS = {
    "package.json": "{}",
    "src/price.js": "export const total = 1;\n",
    "src/cart.js": "import { total } from './price.js';\nexport const cart = total;\n",
    "test/cart.test.js": "import { cart } from '../src/cart.js';\n",
}
GO = {
    "go.mod": "module shop\n",
    "price/price.go": "package price\n",
    "price/price_test.go": "package price\n",
    "main.go": 'package main\n\nimport "shop/price"\n',
}


def test_a_file_uses_what_it_imports_in_the_order_of_its_lines() -> None:
    graph = ImportGraph(PYTHON)
    assert graph.used_by("app/routes/tasks.py") == (
        "app/service.py",
        "app/__init__.py",
        "app/models.py",
    )
    assert graph.used_by("app/models.py") == ()
    assert graph.used_by("app/broken.py") == ()


def test_a_test_uses_the_fixtures_above_it() -> None:
    graph = ImportGraph(PYTHON)
    assert graph.used_by("tests/api/test_tasks.py") == ("tests/conftest.py",)
    assert "tests/conftest.py" not in graph.used_by("tests/conftest.py")


def test_importers_are_the_other_way_round() -> None:
    graph = ImportGraph(PYTHON)
    assert graph.importers_of("app/models.py") == (
        "app/routes/tasks.py",
        "app/service.py",
        "tests/test_models.py",
    )
    assert graph.importers_of("tests/test_alone.py") == ()


def test_a_change_concerns_the_tests_that_reach_it_also_through_fixtures() -> None:
    graph = ImportGraph(PYTHON)
    assert graph.tests_of(["app/service.py"]) == {
        "tests/conftest.py",
        "tests/api/test_tasks.py",
        "tests/test_models.py",
        "tests/test_alone.py",
    }
    assert graph.tests_of(["tests/test_alone.py"]) == {"tests/test_alone.py"}


def test_of_a_file_that_nobody_imports_it_is_not_known() -> None:
    graph = ImportGraph(PYTHON)
    for path in ("app/page.html", "app/broken.py", "app/new.py", "pyproject.toml"):
        assert graph.tests_of([path]) is None
        assert graph.tests_of(["tests/test_alone.py", path]) is None


def test_scripts_import_by_path() -> None:
    graph = ImportGraph(SCRIPTS)
    assert graph.used_by("src/cart.js") == ("src/price.js",)
    assert graph.tests_of(["src/price.js"]) == {"test/cart.test.js"}


def test_go_imports_packages() -> None:
    assert ImportGraph(GO).used_by("main.go") == ("price/price.go",)
