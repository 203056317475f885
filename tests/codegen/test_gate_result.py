"""A Python file that keeps its contract, and every way of breaking it."""

import pytest

from codegen.gate import gate
from codegen.source.interface import exports_of
from core.artifacts.structure import Dependency, Export, FileContract, Import

MODELS = '''"""Tables."""

from dataclasses import dataclass


@dataclass
class Task:
    """A task."""

    title: str
    done: bool = False
'''
CONTRACT = FileContract(
    path="app/store.py",
    purpose="Keeps tasks.",
    exports=(
        Export(name="add", kind="function", signature="def add(title: str) -> Task"),
        Export(name="Store", kind="class", signature="class Store: def count(self) -> int"),
    ),
    imports=(Import(path="app/models.py", symbols=("Task",)),),
)
WHOLE = '''"""Keeps tasks."""

from app.models import Task


class Store:
    """Holds tasks."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def count(self) -> int:
        """How many there are."""
        return len(self.tasks)


def add(title: str) -> Task:
    """Make a task."""
    return Task(title=title)
'''
INDEX = {
    "app/__init__.py": exports_of("app/__init__.py", ""),
    "app/models.py": exports_of("app/models.py", MODELS),
}
HTTPX = Dependency(name="httpx")


def test_a_file_that_keeps_its_contract_passes_unamended() -> None:
    result = gate(CONTRACT, WHOLE, INDEX, ())
    assert result.findings == ()
    assert result.amended is None
    result.refuse_errors(CONTRACT.path)


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        ("def add(", "def add_task(", "missing-export", "'add_task'"),
        ("def add(title: str)", "def add(name: str)", "wrong-signature", "'title'"),
        ("def add(title: str)", "def add(title: str, done: bool)", "wrong-signature", "'done'"),
        ("def add(", "async def add(", "wrong-signature", "async"),
        ("def count(self)", "def count(self, done: bool)", "wrong-signature", "count"),
        ("def count(self)", "def size(self)", "wrong-signature", "no member 'count'"),
        ("class Store:", "def Store():", "wrong-kind", "class"),
        ("app.models import Task", "app.model import Task", "unknown-file", "'app/models.py'"),
        ("import Task", "import Tasks", "unknown-name", "'Task'"),
        ("import Task\n", "import Task\nimport requests\n", "undeclared-package", "httpx"),
        ("return Task(title=title)", "raise NotImplementedError", "stub", "add"),
        ("return Task(title=title)", "pass", "stub", "add"),
        ("return len(self.tasks)", "...", "stub", "Store.count"),
        ("return len(self.tasks)", "# TODO: count\n        return 0", "stub", "Store.count"),
        ("return len", "# ... rest of the code ...\n        return len", "elision", "left out"),
        ("    return Task(title=title)\n", "    return Task(title=", "cut-off", "never closed"),
        ('"""Keeps tasks."""\n', "Here is the file:\n", "not-a-file", "prose"),
        ('"""Keeps tasks."""\n', "```python\n", "fence", "fence"),
        ("class Store:", "<<<<<<< HEAD\nclass Store:\n>>>>>>> x", "merge-conflict", "HEAD"),
    ],
)
def test_each_fault_is_refused_by_its_name(before: str, after: str, code: str, said: str) -> None:
    text = WHOLE.replace(before, after, 1)
    assert text != WHOLE
    result = gate(CONTRACT, text, INDEX, (HTTPX,))
    found = [finding for finding in result.errors if finding.code == code]
    assert found, result.findings
    assert any(said in str(finding) for finding in found), found
    assert result.amended is None
    with pytest.raises(ValueError, match=r"'app/store\.py' cannot be accepted"):
        result.refuse_errors(CONTRACT.path)


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_a_file_too_deep_to_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def too_deep(*_: object) -> None:
        raise error

    monkeypatch.setattr("codegen.gate.contract_findings", too_deep)
    result = gate(CONTRACT, WHOLE, INDEX, ())
    assert result.amended is None
    with pytest.raises(ValueError, match="nested too deeply to be read"):
        result.refuse_errors(CONTRACT.path)


def test_a_richer_signature_and_further_exports_amend_the_contract() -> None:
    text = WHOLE.replace("def add(title: str)", "def add(title: str, done: bool = False)")
    text += "\n\nLIMIT = 10\n\n\ndef _hidden() -> int:\n    return 1\n"
    result = gate(CONTRACT, text, INDEX, ())
    assert result.errors == ()
    assert result.amended is not None
    assert [item.name for item in result.amended.exports] == ["add", "Store", "LIMIT"]
    assert result.amended.exports[0].signature == "def add(title: str, done: bool=False) -> Task"


def test_an_import_that_exists_but_was_not_promised_warns_and_amends() -> None:
    bare = CONTRACT.model_copy(update={"imports": ()})
    result = gate(bare, WHOLE, INDEX, ())
    assert [finding.code for finding in result.findings] == ["unpromised-import"]
    assert result.amended is not None
    assert result.amended.imports == (Import(path="app/models.py", symbols=("Task",)),)
