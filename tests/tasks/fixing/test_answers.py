"""Answers of the debugger that cannot be applied, or must not be."""

import pytest

from core.artifacts.fixes import FixOutcome
from tests.tasks.fixing.repositories import FILES, RIGHT, WRONG, Repairs, edit

pytestmark = pytest.mark.usefixtures("quick")

WEAKENED = edit(
    "    assert total([1, 2]) == 3", "    assert total([1, 2]) == 4", path="tests/test_prices.py"
)
GONE = "The test is wrong.\n\n```diff\n--- a/tests/test_prices.py\n+++ /dev/null\n```\n"
MOVED = (
    "The test is wrong.\n\n```diff\ndiff --git a/tests/test_prices.py b/old.py\n"
    "rename from tests/test_prices.py\nrename to old.py\n```\n"
)
OUTSIDE = "A file is missing.\n\n```python ../conftest.py\nvalue = 1\n```\n"
WORKFLOW = "It must run.\n\n```yaml .github/workflows/ci.yml\non: push\n```\n"
NOWHERE = edit("    return product(prices)", "    return sum(prices)")
BROKEN = edit("    return sum(prices) + 1", "    return sum(prices")
STUB = edit("    return sum(prices) + 1", "    ...  # TODO: implement")
BLIND = "It is in the way.\n\n```python tests/test_other.py\ndef test_other():\n    pass\n```\n"
HOOK = (
    "It is set up.\n\n```python tests/conftest.py\ndef pytest_pyfunc_call():\n    return 1\n```\n"
)
CODE_GONE = GONE.replace("tests/test_prices.py", "shop/prices.py")
PINNED = edit('version = "0"', 'dependencies = ["made-up>=99.1"]', path="pyproject.toml")
REQUIRED = (
    "A module is missing.\n\n```text go.mod\nmodule shop\n\n"
    "require github.com/made/up v1.2.3\n```\n"
)
HALF = RIGHT + "\n" + WEAKENED.partition("\n\n")[2]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (WEAKENED, "holds acceptance tests, which must stay as they are"),
        (GONE, "holds acceptance tests, which must stay as they are"),
        (MOVED, "holds acceptance tests, which must stay as they are"),
        (OUTSIDE, "../conftest.py"),
        (WORKFLOW, "is a file that a code host runs by itself, where none may be written"),
        (NOWHERE, "its lines are not in the file"),
        (BROKEN, "'shop/prices.py': line"),
        (STUB, "'shop/prices.py': line"),
        (BLIND, "'tests/test_other.py' (line 3 of the answer): is there, but was not shown"),
        (HOOK, "it decides how tests run, and must stay as it is"),
        (PINNED, "'pyproject.toml': it says which packages are installed"),
        (REQUIRED, "requires 'github.com/made/up', which is no declared dependency"),
        (CODE_GONE, "has a contract: it can be neither deleted nor moved"),
        (HALF, "nothing was changed, because one edit cannot be applied"),
        ("I would look at the sum.", "search/replace blocks"),
    ],
)
async def test_an_answer_that_cannot_be_applied_is_asked_for_again_with_the_reason(
    repairs: Repairs, answer: str, told: str
) -> None:
    fixes = await repairs.run(answer, RIGHT)
    assert told in repairs.prompts[1]
    assert fixes.status == "mended"
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.MENDED]


async def test_a_model_that_never_gives_a_usable_answer_leaves_the_repository_as_it_was(
    repairs: Repairs,
) -> None:
    fixes = await repairs.run(*[WEAKENED] * 6)
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.UNUSABLE] * 2
    assert "must stay as they are" in fixes.attempts[0].detail
    assert fixes.commit == repairs.start
    assert "No answer could be used" in repairs.prompts[3]


async def test_a_model_that_wants_no_change_is_believed(repairs: Repairs) -> None:
    fixes = await repairs.run("NO CHANGE: the test contradicts FR-1.")
    (fix,) = fixes.attempts
    assert fix.outcome is FixOutcome.NO_CHANGE
    assert fix.cause == "the test contradicts FR-1."
    assert fixes.stopped == "The model knows of no permitted change that would help."


async def test_an_import_of_what_is_not_installed_can_be_dropped(repairs: Repairs) -> None:
    files = {**FILES, "shop/prices.py": "import made_up\n\n" + WRONG}
    dropped = edit("import made_up", "", cause="It is not installed.")
    dropped += "\n" + RIGHT.partition("\n\n")[2]
    fixes = await repairs.run(PINNED, dropped, files=files)
    assert '"path": "pyproject.toml"' in repairs.prompts[0], "what is installed is shown"
    assert fixes.status == "mended"


async def test_where_only_a_version_could_help_one_answer_says_so(repairs: Repairs) -> None:
    files = {**FILES, "shop/prices.py": "import made_up\n\n" + WRONG}
    fixes = await repairs.run(PINNED, "NO CHANGE: made_up has to be installed.", files=files)
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.NO_CHANGE]
    assert fixes.commit == repairs.start
