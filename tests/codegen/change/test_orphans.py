"""Files and packages that nothing needs any more once a feature is gone."""

import pytest

from codegen.change.orphans import unneeded, without_unneeded
from core.artifacts.structure import (
    Dependency,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
)
from tests.codegen.change.products import contract

FONTS = contract("app/paper/fonts.py")
PAPER = contract(
    "app/paper/pages.py", imports=(Import(path="app/paper/fonts.py"),), packages=("PyYAML",)
)
MARKER = contract("app/paper/__init__.py")
PRINT = contract("app/print.py", "FR-1", imports=(Import(path="app/paper/pages.py"),))
SHOW = contract("app/show.py", "FR-2", packages=("fastapi",))
ENTRY = contract("app/run.py")
PAGE = contract("README.md", language="markdown")
BEFORE = (FONTS, PAPER, MARKER, PRINT, SHOW, ENTRY, PAGE)
REST = (FONTS, PAPER, MARKER, SHOW, ENTRY, PAGE)
PACKAGES = (
    Dependency(name="fastapi"),
    Dependency(name="pyyaml"),
    Dependency(name="uvicorn"),
)


def structure(
    *files: FileContract, dependencies: tuple[Dependency, ...] = PACKAGES
) -> FileStructure:
    modules = (
        Module(name="paper", purpose="Paper.", files=tuple(f for f in files if "paper" in f.path)),
        Module(
            name="rest", purpose="All else.", files=tuple(f for f in files if "paper" not in f.path)
        ),
    )
    return FileStructure(
        modules=tuple(module for module in modules if module.files), dependencies=dependencies
    )


def paths(found: FileStructure) -> set[str]:
    return {file.path for file in found.files}


def test_files_that_only_a_removed_one_needed_go_with_what_they_needed_themselves() -> None:
    texts = {
        "app/show.py": "import fastapi\n",
        "README.md": "`app/paper/pages.py`, with pyyaml\n",
        "app/paper/pages.py": "import yaml\nfrom .fonts import load\n",
        "app/print.py": "from .paper import pages\n",
    }
    rest = without_unneeded(structure(*BEFORE), structure(*REST), texts)
    assert paths(rest) == {"app/show.py", "app/run.py", "README.md"}
    assert [module.name for module in rest.modules] == ["rest"]
    assert [item.name for item in rest.dependencies] == ["fastapi", "uvicorn"]
    assert unneeded(structure(*BEFORE), rest, texts).left == ()


def test_where_nothing_is_gone_nothing_goes() -> None:
    whole = structure(*BEFORE)
    assert without_unneeded(whole, whole, {}) == whole


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/run.py", 'load("app.paper.fonts")\n'),
        ("app/run.py", "command = './app/paper/fonts.py'\n"),
        ("app/show.py", "# app/paper/fonts.py\n"),
    ],
)
def test_what_a_program_names_is_left_for_people(path: str, text: str) -> None:
    before, after = structure(*BEFORE), structure(*REST)
    rest = without_unneeded(before, after, {path: text})
    assert "app/paper/fonts.py" in paths(rest)
    assert "app/paper/pages.py" not in paths(rest)
    (left,) = [item for item in unneeded(before, rest, {path: text}).left if "fonts" in item]
    assert left == (
        "No file that is needed is said to import `app/paper/fonts.py` any more, "
        f"but `{path}` names it."
    )


def test_a_name_that_only_begins_like_a_file_is_another() -> None:
    texts = {
        "app/run.py": "app/paper/fonts.pyc app.paper.fonts_of_old my_fonts.py fonts, fonts-2\n"
    }
    assert "app/paper/fonts.py" not in paths(
        without_unneeded(structure(*BEFORE), structure(*REST), texts)
    )


@pytest.mark.parametrize(
    "text", ["import yaml\n", "from yaml import load\n", "needs = ['PyYAML']\n"]
)
def test_a_package_that_a_program_takes_or_names_stays(text: str) -> None:
    before, after = structure(*BEFORE), structure(*REST)
    rest = without_unneeded(before, after, {"app/run.py": text})
    assert "pyyaml" in {item.name for item in rest.dependencies}
    left = unneeded(before, rest, {"app/run.py": text}).left
    assert (
        "No file is said to import the package `pyyaml` any more, but `app/run.py` names it."
        in left
    )


def helping(path: str) -> tuple[FileStructure, FileStructure]:
    """A product with a helper that only one file is said to import, before and after that went."""
    helper, using = contract(path), contract("gone.py", "FR-1", imports=(Import(path=path),))
    marks = [contract(mark) for mark in ("app/paper/__init__.py", "src/shop/__init__.py")]
    return structure(helper, using, SHOW, *marks), structure(helper, SHOW, *marks)


@pytest.mark.parametrize(
    ("helper", "path", "text"),
    [
        ("app/paper/fonts.py", "app/show.py", "from app.paper import fonts\n"),
        ("app/paper/fonts.py", "app/show.py", "from .paper.fonts import load\n"),
        ("app/paper/fonts.py", "app/show.py", "from .paper import fonts as f\n"),
        ("app/paper/fonts.py", "app/show.py", 'importlib.import_module(f"app.paper.{n}")\n'),
        ("app/paper/fonts.py", "app/show.py", 'load("app.paper." + name)\n'),
        ("app/paper/fonts.py", "app/show.py", 'iter_modules(["app/paper"])\n'),
        ("app/paper/fonts.py", "app/show.py", 'PLUGINS = ["fonts"]\n'),
        ("app/templates/_sheet.html", "app/templates/page.html", '{% include "_sheet.html" %}'),
        ("app/templates/_sheet.html", "app/show.py", 'render("_sheet")\n'),
        ("app/static/sheet.css", "app/templates/page.html", '<link href="/static/sheet.css">'),
        ("frontend/src/lib/fmt.ts", "frontend/src/main.ts", 'import { fmt } from "./lib/fmt";\n'),
        (
            "frontend/src/lib/fmt.ts",
            "frontend/src/a/b.ts",
            'import { fmt } from "../lib/fmt.js";\n',
        ),
        (
            "src/lib/fonts.ts",
            "src/routes/+page.svelte",
            "<script>import f from '$lib/fonts'</script>",
        ),
        ("web/util/fmt.ts", "web/main.ts", 'import { fmt } from "#shared/fmt";\n'),
        ("web/kinds/a.ts", "web/main.ts", "import.meta.glob('./kinds/*.ts')\n"),
        ("web/kinds/index.ts", "web/main.ts", 'import { a } from "./kinds";\n'),
        ("src/shop/paper.py", "compose.yaml", "command: python -m shop.paper\n"),
        ("src/shop/paper.py", "pyproject.toml", '[project.scripts]\nprint = "shop.paper:main"\n'),
        ("src/paper.py", "compose.yaml", "command: [python, -m, paper]\n"),
        ("backend/paper.py", "Procfile", "web: uvicorn paper:app\n"),
        ("backend/app/paper.py", "Dockerfile", 'CMD ["python", "/srv/app/paper.py"]\n'),
    ],
)
def test_a_file_that_is_used_in_whatever_way_stays(helper: str, path: str, text: str) -> None:
    before, after = helping(helper)
    assert helper in paths(without_unneeded(before, after, {path: text, helper: ""}))
    other = text.replace("fonts", "x").replace("sheet", "x").replace("paper", "x")
    other = other.replace("fmt", "x").replace("kinds", "x")
    assert helper not in paths(without_unneeded(before, after, {path: other, helper: ""}))


@pytest.mark.parametrize(
    "text",
    [
        'COPY app/ app/\nWORKDIR "/app"\nCMD ["uvicorn", "app.main:app"]\n',
        'packages = ["app"]\n',
        'run(["python", "-m", "app"], cwd="app/")\n',
        "from app import main\nfrom . import main\n",
    ],
)
def test_a_folder_of_the_root_is_named_for_other_reasons(text: str) -> None:
    before, after = helping("app/fonts.py")
    assert "app/fonts.py" not in paths(without_unneeded(before, after, {"Dockerfile": text}))
    for loading in ('f"app.{name}"', '"app." + name', "'./app/*.py'", "`app/${name}`"):
        rest = without_unneeded(before, after, {"web.py": f"load({loading})\n"})
        assert "app/fonts.py" in paths(rest), loading


def test_what_a_file_that_stays_imports_stays_with_it() -> None:
    texts = {"app/run.py": 'load("app/paper/pages.py")\n'}
    rest = without_unneeded(structure(*BEFORE), structure(*REST), texts)
    assert paths(rest) == paths(structure(*REST))
    assert {item.name for item in rest.dependencies} == {item.name for item in PACKAGES}


def test_what_a_contract_only_forgot_stays_and_is_told() -> None:
    forgetful = SHOW.model_copy(update={"packages": ()})
    taking = SHOW.model_copy(update={"imports": (Import(path="app/paper/pages.py"),)})
    before = structure(FONTS, PAPER, MARKER, taking)
    after = structure(FONTS, PAPER, MARKER, forgetful)
    texts = {"app/paper/pages.py": "import yaml\n"}
    rest = without_unneeded(before, after, texts)
    assert (paths(rest), rest.dependencies) == (paths(before), before.dependencies)
    assert unneeded(before, rest, texts).left == (
        "No file that is needed is said to import `app/paper/fonts.py` any more.",
        "No file that is needed is said to import `app/paper/pages.py` any more.",
        "No file is said to import the package `fastapi` any more.",
    )


@pytest.mark.parametrize(
    ("package", "text"),
    [
        ("python-multipart", "from fastapi import Form\n"),
        ("email-validator", "from pydantic import EmailStr\n"),
        ("itsdangerous", "app.add_middleware(SessionMiddleware)\n"),
        ("greenlet", "from sqlalchemy.ext.asyncio import create_async_engine\n"),
        ("jinja2", "pages = Jinja2Templates('pages')\n"),
        ("tzdata", "from zoneinfo import ZoneInfo\n"),
        ("openpyxl", "pandas.read_excel(name)\n"),
        ("psycopg2-binary", 'URL = "postgresql://db/shed"\n'),
    ],
)
def test_a_package_that_others_load_stays(package: str, text: str) -> None:
    using = contract("gone.py", "FR-1", packages=(package,))
    declared = (Dependency(name=package),)
    before = structure(using, SHOW, dependencies=declared)
    after = structure(SHOW, dependencies=declared)
    imported = {"gone.py": f"import {package.removeprefix('python-').split('-binary')[0]}\n"}
    imported["gone.py"] = imported["gone.py"].replace("-", "_")
    rest = without_unneeded(before, after, {**imported, "app/show.py": text})
    assert rest.dependencies == declared
    rest = without_unneeded(before, after, {**imported, "app/show.py": "x = 1\n"})
    assert rest.dependencies == ()
    rest = without_unneeded(before, after, {"gone.py": "x = 1\n", "app/show.py": "x = 1\n"})
    assert rest.dependencies == declared, "nobody imported it, so that others may load it"


def test_what_packs_need_stays() -> None:
    rest = without_unneeded(structure(*BEFORE), structure(*REST), {}, needed=["PyYAML"])
    assert "pyyaml" in {item.name for item in rest.dependencies}


@pytest.mark.parametrize(
    "more",
    [
        {"requirements": ("FR-2",)},
        {"entities": ("Tool",)},
        {"endpoints": ("GET /api/tools",)},
        {"template": "fastapi/pages.py"},
    ],
)
def test_what_serves_something_by_itself_stays(more: dict[str, object]) -> None:
    serving = FileContract.model_validate({**FONTS.model_dump(), **more})
    files = (serving, *REST[1:])
    assert serving.path in paths(without_unneeded(structure(*BEFORE), structure(*files), {}))


def test_a_file_with_tests_stays() -> None:
    planned = (PlannedTest(requirement="FR-2", path=FONTS.path, case="test_fonts"),)
    after = structure(*REST).model_copy(update={"tests": planned})
    assert FONTS.path in paths(without_unneeded(structure(*BEFORE), after, {}))


def test_a_file_that_another_one_imports_now_stays() -> None:
    taking = SHOW.model_copy(update={"imports": (Import(path="app/paper/pages.py"),)})
    files = (FONTS, PAPER, MARKER, taking, ENTRY, PAGE)
    rest = without_unneeded(structure(*BEFORE), structure(*files), {})
    assert paths(rest) == paths(structure(*files))


def test_a_mark_of_a_package_that_never_held_anything_stays() -> None:
    alone = contract("app/empty/__init__.py")
    whole = structure(alone, SHOW)
    assert paths(without_unneeded(whole, whole, {})) == paths(whole)
