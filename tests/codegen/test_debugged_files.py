from typing import Any

from codegen.debugged_files import files_to_show
from codegen.import_graph import ImportGraph
from core.artifacts.failure import Failure, FailureClass
from core.artifacts.structure import FileContract, FileStructure, Module, PlannedTest
from tests.codegen.test_debugging import failure

TEXTS = {
    "pyproject.toml": "[project]\n",
    "app/main.py": "from app.routes import tasks, labels\n",
    "app/routes/tasks.py": "from app.store import find\n",
    "app/routes/labels.py": "from app.store import find\n",
    "app/store.py": "def find(): ...\n",
    "app/unrelated.py": "x = 1\n",
    "tests/conftest.py": "from app.main import tasks\n",
    "tests/test_a.py": "def test_a(client): ...\n",
}


def contract(path: str, *entities: str, requirements: tuple[str, ...] = ()) -> FileContract:
    return FileContract(path=path, purpose="p", entities=entities, requirements=requirements)


STRUCTURE = FileStructure(
    modules=(
        Module(
            name="core",
            purpose="All.",
            files=(
                contract("app/routes/labels.py", "Label", requirements=("FR-1",)),
                contract("app/routes/tasks.py", "Task", requirements=("FR-1",)),
                contract("app/gone.py", "Task", requirements=("FR-1",)),
                contract("app/store.py"),
                contract("tests/test_a.py", "Task", requirements=("FR-1", "FR-2")),
            ),
        ),
    ),
    tests=(PlannedTest(requirement="FR-1", path="tests/test_a.py", case="test_a"),),
)


def shown(room: int = 10_000, **fields: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    focus: list[Failure] = [failure(**fields)]
    return files_to_show(TEXTS, ImportGraph(TEXTS), focus, STRUCTURE, room)


def test_a_test_over_http_leads_to_what_serves_its_entity_first() -> None:
    files, unseen = shown()
    assert files == (
        "tests/test_a.py",
        "app/routes/tasks.py",
        "app/routes/labels.py",
        "tests/conftest.py",
        "app/store.py",
        "app/main.py",
    )
    assert unseen == ()


def test_the_trace_comes_before_all_else() -> None:
    files, _ = shown(files=("app/store.py", "not/there.py"))
    assert files[:2] == ("app/store.py", "tests/test_a.py")


def test_dependencies_are_declared_in_the_manifest() -> None:
    files, _ = shown(failure_class=FailureClass.DEPENDENCY)
    assert files[:2] == ("tests/test_a.py", "pyproject.toml")
    install, _ = shown(test="install of python packages", test_path="")
    assert install == ("pyproject.toml",)


def test_what_does_not_fit_is_left_out_and_named_where_it_is_involved() -> None:
    files, unseen = shown(room=74, files=("app/main.py",))
    assert files == ("app/store.py",)
    assert unseen == ("app/main.py", "tests/test_a.py")
