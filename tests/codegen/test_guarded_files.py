import json

import pytest

from codegen.guarded_files import refuse_rigging

PACKAGE = {"scripts": {"test": "vitest run", "start": "node a.js"}, "devDependencies": {}}
PROJECT = '[project]\nname = "shop"\ndependencies = []\n'
SETTINGS = '[tool.pytest.ini_options]\npythonpath = ["src"]\n'
SETUP = "[metadata]\nname = shop\n"
BEFORE = {
    "pyproject.toml": PROJECT + SETTINGS,
    "api/setup.cfg": SETUP,
    "web/package.json": json.dumps(PACKAGE),
    "web/vite.config.js": "export default { test: { globals: true } };\n",
    "site/vite.config.js": "export default { plugins: [] };\n",
    "tests/test_cart.py": "def test_cart():\n    assert 1\n",
    "tests/conftest.py": "",
    "unittest/cart.py": "",
    "shop/hooks.py": "def pytest_configure(config):\n    pass\n",
}


def package(**fields: object) -> str:
    return json.dumps({**PACKAGE, **fields})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conftest.py", ""),
        ("tests/conftest.py", "value = 1\n"),
        ("tests/ConfTest.py", "value = 1\n"),
        ("tests/conftest.py", None),
        ("pytest.ini", "[pytest]\n"),
        (".pytest.toml", "[pytest]\n"),
        ("tox.ini", "[pytest]\n"),
        ("sitecustomize.py", "value = 1\n"),
        ("shop.pth", "import shop\n"),
        ("web/jest.config.mjs", "export default {};\n"),
        ("web/vitest.setup.ts", "1;\n"),
        ("web/.mocharc.yml", "bail: true\n"),
        ("web/vite.config.js", "export default {};\n"),
        ("site/vite.config.js", "export default { test: {} };\n"),
        ("web/node_modules/vitest/index.js", "1;\n"),
        ("shop.egg-info/entry_points.txt", "[x]\n"),
        ("pytest.py", "value = 1\n"),
        ("src/_pytest/__init__.py", ""),
        ("tests/test_cart.py", None),
        ("tests/data.json", None),
        ("tests/test_cart.py", "pytest_plugins = ['shop.hooks']\n"),
        ("shop/cart.py", "def pytest_runtest_call(item):\n    pass\n"),
        ("cart/main_test.go", "package cart\n\nfunc TestMain(m *testing.M) {}\n"),
        ("pyproject.toml", PROJECT),
        ("pyproject.toml", None),
        ("pyproject.toml", PROJECT + SETTINGS.replace("src", "lib")),
        ("pyproject.toml", PROJECT + "[project.entry-points.x]\na = 'b'\n" + SETTINGS),
        ("api/setup.cfg", SETUP + "[tool:pytest]\naddopts = -x\n"),
        ("web/package.json", package(scripts={"test": "true", "start": "node a.js"})),
        ("web/package.json", package(scripts={**PACKAGE["scripts"], "pretest": "true"})),
        ("web/package.json", package(jest={"testMatch": []})),
        ("web/package.json", package(devDependencies={"vitest": "file:./shop"})),
        ("web/package.json", None),
    ],
)
def test_how_tests_run_stays_as_it_is(path: str, text: str | None) -> None:
    with pytest.raises(ValueError, match="how tests run must stay") as error:
        refuse_rigging(BEFORE, {"shop/other.py": "", path: text})
    assert repr(path) in str(error.value)
    assert "other.py" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/cart.py", "def total():\n    return 1\n"),
        ("shop/other.py", None),
        ("tests/test_cart.py", "def test_cart():\n    assert True\n"),
        ("tests/test_more.py", "def test_more():\n    assert True\n"),
        ("unittest/cart.py", "value = 1\n"),
        ("shop/hooks.py", "def pytest_configure(config):\n    config.x = 1\n"),
        ("site/vite.config.js", "export default { plugins: [1] };\n"),
        ("pyproject.toml", PROJECT.replace("[]", "['httpx']") + SETTINGS),
        ("api/pyproject.toml", PROJECT),
        ("api/pyproject.toml", "["),
        ("api/setup.cfg", SETUP.replace("shop", "cart")),
        ("api/setup.cfg", "name"),
        ("web/package.json", package(scripts={**PACKAGE["scripts"], "start": "node b.js"})),
        ("web/package.json", package(devDependencies={"vitest": "^3.0.0", "a": "file:./a"})),
        ("other/package.json", '{"name": "x"}'),
        ("other/package.json", "{"),
        ("other/package.json", "[]"),
    ],
)
def test_other_changes_are_free(path: str, text: str | None) -> None:
    refuse_rigging(BEFORE, {path: text})
