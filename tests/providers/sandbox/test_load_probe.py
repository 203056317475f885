"""The load probe, outside of a box as far as it only looks, and as the program that it is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from providers.sandbox import load_probe

# A test's process has threads, which Python warns of from 3.12 on; in a box there are none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "def total():\n    return 1\n",
    "shop/broken.py": "def total():\n    return {}['x']\n\ntotal()\n",
    "shop/uses.py": "import shop.broken\n",
    "shop/syntax.py": "x = (\n",
    "shop/null.py": "x = 1\0\n",
    "shop/program.py": "raise SystemExit(2)\n",
    "shop/dies.py": "import os\nos._exit(3)\n",
    "shop/killed.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "shop/waits.py": "import time\ntime.sleep(60)\n",
    "shop/after.py": "print('printed')\n",
    "lib/deep.py": "import shop.cart\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(report: Path) -> dict[str, tuple[str, str]]:
    answer: dict[str, Any] = json.loads(report.read_text())
    return {item["path"]: (item["kind"], item["account"]) for item in answer["findings"]}


ITEMS = [
    ":shop/syntax.py",
    "shop.null:shop/null.py",
    "shop.cart:shop/cart.py",
    "shop.broken:shop/broken.py",
    "shop.uses:shop/uses.py",
    "shop.program:shop/program.py",
    "shop.dies:shop/dies.py",
    "shop.killed:shop/killed.py",
    "shop.after:shop/after.py",
    "deep:lib/deep.py",
    "shop.waits:shop/waits.py",
]


def check(findings: dict[str, tuple[str, str]]) -> None:
    assert {path: kind for path, (kind, _) in findings.items()} == {
        "shop/syntax.py": "compile",
        "shop/null.py": "compile",
        "shop/broken.py": "import",
        "shop/uses.py": "import",
        "shop/program.py": "program",
        "shop/dies.py": "ended",
        "shop/killed.py": "ended",
        "shop/waits.py": "late",
    }
    accounts = {path: account for path, (_, account) in findings.items()}
    assert accounts["shop/syntax.py"].startswith('  File "shop/syntax.py", line 1')
    assert 'File "shop/null.py", line 1' in accounts["shop/null.py"]
    assert accounts["shop/broken.py"].endswith("KeyError: 'x'\n")
    assert "load_probe" not in accounts["shop/broken.py"].split("importlib")[0]
    assert accounts["shop/program.py"] == "it ends with 2"
    assert accounts["shop/dies.py"] == "exit code 3 is that of the process"
    assert accounts["shop/killed.py"] == "signal 9 ends the process"
    assert accounts["shop/waits.py"] == "it does not end within 2 s"


def test_every_file_is_compiled_and_every_module_imported(folder: Path):
    command = [sys.executable, "-I", "-B", load_probe.__file__, "report", "2", "", "lib:.", *ITEMS]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    check(found(folder / "report"))


def test_the_parent_follows_its_children(folder: Path):
    assert load_probe.main(["report", "2", "", "lib:.", *ITEMS]) == 1
    check(found(folder / "report"))


def test_a_project_whose_modules_load_is_well(folder: Path):
    assert load_probe.main(["report", "5", "", ".", "shop.cart:shop/cart.py"]) == 0
    assert json.loads((folder / "report").read_text()) == {
        "files": 1,
        "modules": 1,
        "findings": [],
    }


def test_django_is_set_up_before_anything_is_imported(folder: Path):
    (folder / "django.py").write_text(
        "import os\n\ndef setup():\n"
        "    os.environ['READY'] = os.environ['DJANGO_SETTINGS_MODULE']\n"
    )
    (folder / "shop/models.py").write_text("import os\n\nos.environ['READY']\n")
    items = ["shop.models:shop/models.py"]
    assert load_probe.main(["report", "5", "shop.settings", ".", *items]) == 0
    assert load_probe.main(["report", "5", "", ".", *items]) == 1


def test_how_a_module_fares_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(folder))  # pyright: ignore[reportUnknownMemberType] -- untyped
    assert load_probe.load("shop.cart", "shop/cart.py", "") is None
    broken = load_probe.load("shop.broken", "shop/broken.py", "")
    assert broken is not None
    assert broken["kind"] == "import"
    program = load_probe.load("shop.program", "shop/program.py", "")
    assert program is not None
    assert program["kind"] == "program"


def test_every_module_is_answered_for_in_a_line(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "django.py").write_text("def setup(): ...\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "before")  # so that it is put back afterwards
    for name in ("django", "shop", "shop.cart", "shop.broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    reader, writer = os.pipe()
    items = [("shop.cart", "shop/cart.py"), ("shop.broken", "shop/broken.py")]
    load_probe.load_all(items, "shop.settings", ["lib", "."], writer)
    os.close(writer)
    answers, late = load_probe.read_answers(reader, 3, 5.0)
    os.close(reader)
    assert sys.path[:2] == [str(folder / "lib"), str(folder)]
    assert (late, answers[0]) == (False, None)
    assert answers[1] is not None
    assert answers[1]["kind"] == "import"
