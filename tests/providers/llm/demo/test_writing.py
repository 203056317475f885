"""Stage 7: `prompt-builder`, `coder`, and the debugger of stage 7.5."""

from typing import Any

import pytest

from codegen.edits.applying import apply_edits
from codegen.edits.reading import read_edits
from codegen.extraction import extract_file
from core.artifacts.questionnaire import Stack
from core.artifacts.schema import Schema
from core.artifacts.structure import FileContract, PlannedTest
from core.errors import RequestRefusedError
from prompts.contexts import (
    DebuggerContext,
    FileIndex,
    ModuleTests,
    ProjectFacts,
    SourceFile,
    SourceFiles,
)
from providers.llm.demo.brief import BriefRequirement, requirements_in
from tests.providers.llm.demo.asking import answer
from tests.providers.llm.demo.driver import Build, ask, build
from tests.providers.llm.demo.questionnaires import example

_PROJECT = ProjectFacts(name="Shop", slug="shop", summary="It sells.", stack=Stack())
_DOCS = """\
# Shop

### FR-1: Print \\*all\\* &lt;orders&gt;

Concerns: Order, Person.

### FR-2: Be quick

## Other

Concerns: Nobody.
"""


async def _coded(file: FileContract, **blocks: Any) -> str:
    given = {
        "project": _PROJECT,
        "file": file,
        "brief": "Write it.",
        "schema": Schema(),
        "sources": SourceFiles(),
        "tests": ModuleTests(),
        **blocks,
    }
    return extract_file(await answer("coder", **given), file.path)


def _contract(made: Build, path: str) -> FileContract:
    return next(file for file in made.structure.files if file.path == path)


def _given(made: Build, file: FileContract, **blocks: Any) -> dict[str, Any]:
    sources = tuple(
        SourceFile(path=item.path, content=made.files[item.path]) for item in file.imports
    )
    tests = tuple(test for test in made.structure.tests if test.path == file.path)
    return {
        "schema": made.schema,
        "sources": SourceFiles(files=sources),
        "tests": ModuleTests(tests=tests),
        **blocks,
    }


async def test_a_brief_tells_what_concerns_the_file() -> None:
    file = FileContract.model_validate(
        {
            "path": "app/a.py",
            "purpose": "Prints.",
            "exports": [{"name": "f", "signature": "def f() -> None"}, {"name": "G"}],
            "imports": [{"path": "app/b.py", "symbols": ["x"]}, {"path": "app/c.py"}],
            "requirements": ["FR-1", "FR-2", "FR-9"],
        }
    )
    brief = await answer(
        "prompt-builder",
        project=_PROJECT,
        file=file,
        docs=_DOCS,
        schema=Schema(),
        neighbours=FileIndex(files=(FileContract(path="app/b.py", purpose="Helps."),)),
        tests=ModuleTests(tests=(PlannedTest(requirement="FR-1", path="a", case="test_a"),)),
    )
    assert brief.startswith("Write `app/a.py` of Shop: Prints.\n")
    for line in (
        "- f: def f() -> None",
        "- G: other",
        "- app/b.py: x",
        "- app/c.py: as a whole",
        "- app/b.py: Helps.",
        "- test_a for FR-1",
    ):
        assert line in brief.split("\n")
    assert requirements_in(brief) == {
        "FR-1": BriefRequirement("FR-1", ("Order", "Person"), "Print *all* <orders>"),
        "FR-2": BriefRequirement("FR-2", (), "Be quick"),
    }
    assert requirements_in("Nothing of the kind.\n- FR-1: x") == {}


async def test_a_file_nobody_planned_is_refused() -> None:
    for path in ("app/extra.py", "app/models/task.js", "kitchen/sink.py"):
        with pytest.raises(RequestRefusedError, match="does not know how to write"):
            await _coded(FileContract(path=path, purpose="p"))


async def test_a_prompt_that_forgets_what_a_file_needs_is_refused() -> None:
    made = await build(example("task-tracker"))
    router = _contract(made, "app/routers/task.py")
    given = _given(made, router)
    assert await _coded(router, **given) == made.files[router.path]
    with pytest.raises(RequestRefusedError, match="forgot the entity 'Task'"):
        await _coded(router, **{**given, "schema": Schema()})
    with pytest.raises(RequestRefusedError, match="forgot the files it imports"):
        await _coded(router, **{**given, "sources": SourceFiles()})
    with pytest.raises(RequestRefusedError, match="names no entity"):
        await _coded(router.model_copy(update={"entities": ()}), **given)
    with pytest.raises(RequestRefusedError, match="does not import DatabaseSession"):
        await _coded(router.model_copy(update={"imports": router.imports[1:]}), **given)


async def test_only_planned_tests_are_written() -> None:
    made = await build(example("task-tracker"))
    file = _contract(made, "tests/api/test_label.py")
    one = PlannedTest(requirement="FR-8", path=file.path, case="test_is_deleted")
    given = _given(made, file)
    text = await _coded(file, **{**given, "tests": ModuleTests(tests=(one,))})
    assert text.count("def test_") == 1
    assert "values_of_label" not in text
    with pytest.raises(RequestRefusedError, match="forgot its planned tests"):
        await _coded(file, **{**given, "tests": ModuleTests()})
    odd = one.model_copy(update={"case": "test_odd"})
    with pytest.raises(RequestRefusedError, match=r"'test_odd'.*it knows test_is_created"):
        await _coded(file, **{**given, "tests": ModuleTests(tests=(odd,))})


async def test_without_a_word_in_the_brief_a_requirement_is_still_tested() -> None:
    made = await build(example("task-tracker"))
    file = _contract(made, "tests/api/test_task.py")
    text = await _coded(file, **_given(made, file))
    assert '"""FR-1: what it works on is kept and found."""' in text
    compile(text, file.path, "exec")


async def test_tests_of_the_service_are_refused_and_written_alike() -> None:
    file = FileContract(path="tests/test_service.py", purpose="p")
    with pytest.raises(RequestRefusedError, match="it knows test_health_is_ok"):
        await _coded(file)
    tests = ModuleTests(
        tests=(PlannedTest(requirement="FR-3", path=file.path, case="test_fr_3_be_there"),)
    )
    text = await _coded(file, tests=tests)
    assert '"""FR-3: it is served."""' in text
    assert "NAME" not in text
    odd = PlannedTest(requirement="FR-3", path=file.path, case="test_odd")
    with pytest.raises(RequestRefusedError, match="test_odd"):
        await _coded(file, tests=ModuleTests(tests=(odd,)))


async def test_a_readme_says_what_it_was_not_told() -> None:
    file = FileContract.model_validate(
        {"path": "README.md", "purpose": "p", "requirements": ["FR-1", "FR-2"]}
    )
    text = await _coded(file, brief="- FR-1 (): Be *there*")
    assert "- FR-1: Be \\*there\\*\n" in text
    assert "There is 1 more." in text
    assert "## What it keeps" not in text


async def test_a_fence_is_longer_than_any_inside() -> None:
    project = _PROJECT.model_copy(update={"summary": "`````` It sells."})
    file = FileContract(path="app/main.py", purpose="p", language="python")
    made = await build(example("reading-list"))
    file = _contract(made, "app/main.py")
    content = await answer(
        "coder",
        **{**_given(made, file), "project": project, "file": file, "brief": "Write it."},
    )
    assert content.startswith("```````python\n")
    assert '"`````` It sells."' in extract_file(content, file.path)


async def test_the_packages_are_modules_of_their_own() -> None:
    text = await _coded(FileContract(path="app/__init__.py", purpose="p"))
    assert text == '"""The application."""\n'


async def test_the_debugger_changes_nothing_and_says_why() -> None:
    context = DebuggerContext(
        project=_PROJECT,
        failure="====\nE   AssertionError: 1 != 2\nmore",
        files=SourceFiles(files=(SourceFile(path="app/a.py", content="x"),)),
    )
    text = await ask(context)
    assert text.startswith("NO CHANGE: ")
    assert text.count("\n") == 1
    assert "app/a.py" in text
    assert "E AssertionError: 1 != 2" in text
    empty = await ask(context.model_copy(update={"failure": "", "files": SourceFiles()}))
    assert "no file" in empty
    assert "nothing" in empty


_UNDEFINED = "E   NameError: name 'json' is not defined"


async def _mended(content: str, *tests: PlannedTest, failure: str = _UNDEFINED) -> str:
    context = DebuggerContext(
        project=_PROJECT,
        failure=failure,
        files=SourceFiles(files=(SourceFile(path="app/a.py", content=content),)),
        tests=ModuleTests(tests=tests),
    )
    return await ask(context)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = json.dumps(1)\n", "import json\nx = json.dumps(1)\n"),
        (
            '"""A."""\n\nimport re\n\nx = json.dumps(re)\n',
            '"""A."""\n\nimport json\nimport re\n\nx = json.dumps(re)\n',
        ),
        (
            "from __future__ import annotations\n\nx = json.dumps('```')\n",
            "from __future__ import annotations\n\nimport json\nx = json.dumps('```')\n",
        ),
    ],
)
async def test_the_debugger_imports_what_is_used_without(before: str, after: str) -> None:
    edits = read_edits(await _mended(before), {"app/a.py"})
    assert apply_edits({"app/a.py": before}, edits) == {"app/a.py": after}


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        ("import json\nx = json.dumps(1)\n", _UNDEFINED),
        ("x = (json.dumps\n", _UNDEFINED),
        ("x = 1\n", _UNDEFINED),
        ("x = shop.total\n", "E   NameError: name 'shop' is not defined"),
    ],
)
async def test_the_debugger_leaves_alone_what_an_import_does_not_mend(
    content: str, failure: str
) -> None:
    assert (await _mended(content, failure=failure)).startswith("NO CHANGE: ")


async def test_the_debugger_leaves_acceptance_tests_alone() -> None:
    test = PlannedTest(requirement="FR-1", path="app/a.py", case="test_a")
    assert (await _mended("x = json.dumps(1)\n", test)).startswith("NO CHANGE: ")
