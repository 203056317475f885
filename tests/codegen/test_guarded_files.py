import pytest

from codegen.guarded_files import refuse_rigging

PROJECT = '[project]\nname = "shop"\ndependencies = []\n'
BEFORE = {
    "pyproject.toml": PROJECT,
    "web/package.json": "{}",
    "web/vite.config.js": "export default { test: { globals: true } };\n",
    "site/vite.config.js": "export default { plugins: [] };\n",
    "tests/test_cart.py": "def test_cart():\n    assert 1\n",
    "tests/conftest.py": "",
    "unittest/cart.py": "",
    "shop/hooks.py": "def pytest_configure(config):\n    pass\n",
}


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
    ],
)
def test_how_tests_run_stays_as_it_is(path: str, text: str | None) -> None:
    with pytest.raises(ValueError, match="how tests run and what they need must stay") as error:
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
        ("go.mod", "module shop\n"),
        ("docs/requirements.md", "# Requirements\n"),
    ],
)
def test_other_changes_are_free(path: str, text: str | None) -> None:
    refuse_rigging(BEFORE, {path: text})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", PROJECT.replace("[]", "['made-up>=99.1']")),
        ("pyproject.toml", PROJECT + "[tool.pytest.ini_options]\naddopts = '-x'\n"),
        ("pyproject.toml", None),
        ("web/package.json", '{"dependencies": {"made-up": "^42.0.0"}}'),
        ("web/package.json", '{"scripts": {"test": "true"}}'),
        ("web/package-lock.json", "{}"),
        ("api/setup.cfg", "[tool:pytest]\naddopts = -x\n"),
        ("requirements.txt", "made-up==0.1.2\n"),
        ("constraints.txt", "made-up==0.1.2\n"),
        ("uv.lock", ""),
    ],
)
def test_what_is_installed_is_written_by_programs_alone(path: str, text: str | None) -> None:
    with pytest.raises(ValueError, match="only programs write it") as error:
        refuse_rigging(BEFORE, {"shop/other.py": "", path: text})
    assert repr(path) in str(error.value)
    assert "NO CHANGE" in str(error.value)
