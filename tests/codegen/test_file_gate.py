import pytest

from codegen.file_gate import known_exports, refuse_file, tree_of_structure
from core.artifacts.structure import (
    Dependency,
    Export,
    FileContract,
    Import,
    Module,
    ValidatedStructure,
)

MODELS = FileContract(path="app/models.py", purpose="p", exports=(Export(name="Task"),))
OTHER = FileContract(path="app/other.py", purpose="p", exports=(Export(name="help_out"),))
SERVICE = FileContract(
    path="app/service.py", purpose="p", imports=(Import(path=MODELS.path, symbols=("Task",)),)
)
PAGE = FileContract(path="app/static/index.html", purpose="p")
STYLE = FileContract(path="app/static/style.css", purpose="p")
STRUCTURE = ValidatedStructure(
    modules=(Module(name="all", purpose="p", files=(MODELS, OTHER, SERVICE, PAGE, STYLE)),)
)
TREE = tree_of_structure(STRUCTURE.model_dump_json())
INDEX = known_exports((MODELS,), {})


def test_a_file_that_keeps_its_contract_is_accepted() -> None:
    refuse_file(SERVICE, "from app.models import Task\n\nTASKS: list[Task] = []\n", INDEX, (), TREE)


@pytest.mark.parametrize(
    "line",
    ["from app.other import help_out", "from app import other", "import app.other"],
)
def test_an_import_of_a_file_that_the_contract_does_not_name_is_refused(line: str) -> None:
    text = f"from app.models import Task\n{line}\n\nTASKS: list[Task] = []\n"
    with pytest.raises(ValueError, match="what its contract does not name"):
        refuse_file(SERVICE, text, INDEX, (), TREE)


def test_an_import_of_nothing_is_told_as_such() -> None:
    with pytest.raises(ValueError, match=r"there is no file 'app/gone\.py'"):
        refuse_file(SERVICE, "from app.gone import x\n\nY = x\n", INDEX, (), TREE)


def test_a_page_may_point_to_any_file() -> None:
    page = '<!doctype html>\n<html lang="en"><head><title>T</title>'
    page += '<link rel="stylesheet" href="style.css"></head><body><p>Tasks</p></body></html>\n'
    refuse_file(PAGE, page, INDEX, (), TREE)


def test_what_was_written_counts_more_than_what_was_promised() -> None:
    index = known_exports((MODELS,), {MODELS.path: "class Job:\n    title: str\n"})
    with pytest.raises(ValueError, match="Task"):
        refuse_file(SERVICE, "from app.models import Task\n\nX = Task\n", index, (), TREE)


SERVER = FileContract(path="src/tasks.js", purpose="p", packages=("zod",))
CLIENT = FileContract(path="web/src/tasks.js", purpose="p")
NPM = tuple(
    Dependency(name=name, ecosystem="npm", development=name == "vitest")
    for name in ("express", "react", "zod", "vitest")
)


def _divided(client: FileContract, *, manifests: tuple[str, ...]) -> str:
    served = tuple(
        FileContract(path=path, purpose="p", template="express/package.json") for path in manifests
    )
    return ValidatedStructure(
        modules=(Module(name="all", purpose="p", files=(SERVER, client, *served)),),
        dependencies=NPM,
    ).model_dump_json()


BOTH = ("package.json", "web/package.json")


def test_a_package_that_another_manifest_lists_is_refused() -> None:
    tree = tree_of_structure(_divided(CLIENT, manifests=BOTH))
    for line in ('import { z } from "zod";', 'const { z } = await import("zod");'):
        with pytest.raises(ValueError, match=r"'zod', which 'web/package\.json' does not list"):
            refuse_file(CLIENT, f"{line}\nz();\n", {}, NPM, tree)
    with pytest.raises(ValueError, match=r"'react', which 'package\.json' does not list"):
        refuse_file(SERVER, 'import { memo } from "react";\nmemo();\n', {}, NPM, tree)


def test_a_package_that_the_own_manifest_lists_is_accepted() -> None:
    text = 'import { z } from "zod";\nz();\n'
    named = CLIENT.model_copy(update={"packages": ("zod",)})
    both = tree_of_structure(_divided(named, manifests=BOTH))
    refuse_file(named, text, {}, NPM, both)
    other = named.model_copy(update={"path": "web/src/other.js", "packages": ()})
    refuse_file(other, text, {}, NPM, both)
    apart = tree_of_structure(_divided(CLIENT, manifests=BOTH))
    refuse_file(SERVER, text, {}, NPM, apart)
    for module in ("react", "vitest"):
        refuse_file(CLIENT, f'import {{ x }} from "{module}";\nx();\n', {}, NPM, apart)


@pytest.mark.parametrize("manifests", [("package.json",), ("web/package.json",), ()])
def test_one_manifest_lists_all_that_is_declared(manifests: tuple[str, ...]) -> None:
    tree = tree_of_structure(_divided(CLIENT, manifests=manifests))
    refuse_file(CLIENT, 'import { z } from "zod";\nz();\n', {}, NPM, tree)
