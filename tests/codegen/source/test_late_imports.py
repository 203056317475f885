"""Imports made by a call, and imports whose failure is met."""

import pytest

from codegen.source.contract_imports import import_findings
from codegen.source.findings import errors_of
from codegen.source.targets import tree_of
from core.artifacts.structure import FileContract

TREE = tree_of(["app/a.py", "app/b.py", "src/a.tsx", "src/b.js"])


def _errors(path: str, text: str) -> list[str]:
    contract = FileContract(path=path, purpose="Tested.")
    return [item.code for item in errors_of(import_findings(contract, text, {}, (), TREE))]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('const P = lazy(() => import("./Nope.jsx"));', "unknown-file"),
        ('const { x } = await import("made-up");', "undeclared-package"),
        ('import("made-up").then((m) => m.x());', "undeclared-package"),
        ('try { require("made-up"); } catch (error) { throw error; }', "undeclared-package"),
        ('try { f(); } catch { require("made-up"); }', "undeclared-package"),
        ('try { f(); } finally { require("made-up"); }', "undeclared-package"),
        ('try { require("made-up"); } finally { f(); }', "undeclared-package"),
        ('let x; try { x = require("made-up"); } catch {}', "undeclared-package"),
        ('try { await import("made-up"); } catch { process.exit(1); }', "undeclared-package"),
    ],
)
def test_a_script_that_loads_what_there_is_not_is_refused(text: str, code: str) -> None:
    assert _errors("src/a.tsx", text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        'let x; try { x = require("made-up"); } catch { x = null; }',
        'try { require("made-up").config(); } catch {}',
        'const x = await import("made-up").catch(() => null);',
        'import("made-up").then((m) => m.x()).catch(() => {});',
        'vi.mock("made-up");',
        "const x = await import(name);",
        'const P = lazy(() => import("./b"));',
        'import("./b.js").then(({ list }) => list());',
    ],
)
def test_a_script_that_goes_on_without_is_let_through(text: str) -> None:
    assert _errors("src/a.tsx", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import made_up\nexcept ImportError:\n    raise\n",
        "try:\n    import made_up\nexcept ImportError as e:\n    raise SystemExit(1) from e\n",
        "try:\n    import made_up\nexcept ImportError:\n    print('no')\n    sys.exit(1)\n",
        "try:\n    import made_up\nexcept ImportError:\n    pass\n",
        "try:\n    import made_up\nexcept ImportError:\n    log.warning('no')\n",
        "try:\n    import made_up\nexcept ValueError:\n    made_up = None\n",
        "importlib.import_module('made_up')\n",
        "try:\n    m = __import__('made_up')\nexcept ImportError:\n    raise\n",
    ],
)
def test_python_that_imports_what_there_is_not_is_refused(text: str) -> None:
    assert _errors("app/a.py", text) == ["undeclared-package"]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import made_up\nexcept ImportError:\n    made_up = None\n",
        "try:\n    import made_up\nexcept ImportError:\n    import json as made_up\n",
        "try:\n    import made_up\n    made_up.run()\nexcept ImportError:\n    pass\n",
        "try:\n    import made_up\nexcept ImportError:\n    pass\nelse:\n    made_up.run()\n",
        "def f():\n    try:\n        import made_up\n    except ImportError:\n        return 1\n",
        "try:\n    m = import_module('made_up')\nexcept Exception:\n    m = None\n",
        "import_module('.b', package='app')\n",
        "import_module(name)\n",
        "import_module('app.b')\n",
    ],
)
def test_python_that_goes_on_without_is_let_through(text: str) -> None:
    assert _errors("app/a.py", text) == []
