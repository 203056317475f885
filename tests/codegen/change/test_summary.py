"""Which requirement changed which file."""

from dataclasses import replace

from codegen.change.items import item_changes, product_items
from codegen.change.summary import Product, change_title, summarize
from codegen.change_section import change_section
from core.artifacts.build_report import ChangedFiles
from core.artifacts.change import ItemChange
from core.artifacts.structure import FileContract, FileStructure, Import
from tests.codegen.change.products import (
    ASKED,
    LEND,
    MAIN,
    SHOW,
    SPEC,
    STRUCTURE,
    changed,
    contract,
    without,
)

BEFORE = Product(ASKED, SPEC, STRUCTURE, {file.path: "old" for file in STRUCTURE.files})


def test_each_file_is_told_of_with_what_it_serves() -> None:
    files = {**BEFORE.files, "app/tools.py": "new", "pyproject.toml": "new"}
    del files["tests/test_tools.py"]
    after = Product(
        ASKED.model_copy(update={"features": (LEND,)}), without(SPEC, "FR-2"), STRUCTURE, files
    )
    change = summarize("shed-1", BEFORE, after)
    assert change.asked == ("removed feature: Show the shed",)
    (line,) = change.lines
    assert (line.item, line.title, line.how) == ("FR-2", "Show the shed", "removed")
    assert line.files == ChangedFiles(changed=("app/tools.py",), removed=("tests/test_tools.py",))
    assert change.others == ChangedFiles(added=("pyproject.toml",))
    assert change.kept == 4
    page = change_section(change)
    assert "FR-2: Show the shed | removed | – | `app/tools.py` | `tests/test_tools.py` |" in (
        page.replace("\\", "")
    )
    assert "other files, which follow | – | `pyproject.toml`" in page


def test_where_all_was_asked_anew_only_files_are_compared() -> None:
    files = {**BEFORE.files, "app/tools.py": "new", "app/extra.py": "new"}
    after = Product(
        ASKED.model_copy(update={"summary": "Other."}), without(SPEC, "FR-2"), STRUCTURE, files
    )
    change = summarize("shed-1", BEFORE, after, ("summary",), is_anew=True)
    assert change.asked == ("changed summary",)
    assert change.anew
    assert change.lines == ()
    assert change.others == ChangedFiles(added=("app/extra.py",), changed=("app/tools.py",))
    page = change_section(change)
    assert "numbered anew" in page
    assert "FR" not in page
    assert "| `app/extra.py` | `app/tools.py` | – |" in page
    unchanged = replace(after, files=BEFORE.files)
    same = change_section(summarize("shed-1", BEFORE, unchanged, ("x",), is_anew=True))
    assert "|" not in same


def test_where_an_answer_about_the_whole_is_different_numbers_go_on_telling() -> None:
    files = {**BEFORE.files, "app/tools.py": "new"}
    after = Product(
        ASKED.model_copy(update={"summary": "Other."}), without(SPEC, "FR-2"), STRUCTURE, files
    )
    change = summarize("shed-1", BEFORE, after, ("summary",))
    assert change.asked == ("changed summary",)
    assert not change.anew
    assert [(line.item, line.files.changed) for line in change.lines] == [
        ("FR-2", ("app/tools.py",))
    ]


def test_what_is_left_over_is_named() -> None:
    helping = contract("app/paper.py")
    importing = MAIN.model_copy(update={"imports": (Import(path="app/paper.py"),)})
    before = replace(BEFORE, structure=with_file(with_file(STRUCTURE, helping), importing))
    files = {**BEFORE.files, "app/tools.py": 'run("app/paper.py")'}
    after = replace(BEFORE, structure=with_file(STRUCTURE, helping), files=files)
    (left,) = summarize("shed-1", before, after).left
    assert left == (
        "No file that is needed is said to import `app/paper.py` any more, "
        "but `app/tools.py` names it."
    )
    assert f"- {left}" in change_section(summarize("shed-1", before, after))


def with_file(structure: FileStructure, file: FileContract) -> FileStructure:
    """The structure with one file more, or another one in place of that of the same path."""
    first, *others = (
        module.model_copy(update={"files": tuple(f for f in module.files if f.path != file.path)})
        for module in structure.modules
    )
    first = first.model_copy(update={"files": (*first.files, file)})
    return structure.model_copy(update={"modules": (first, *others)})


def test_where_nothing_is_different_the_page_says_so() -> None:
    change = summarize("shed-1", BEFORE, BEFORE)
    assert not change.anew
    assert "No requirement and no entity changed." in change_section(change)


def test_many_files_are_counted() -> None:
    files = {f"app/f{number}.py": "x" for number in range(30)} | dict(BEFORE.files)
    after = replace(BEFORE, files=files, spec=changed(SPEC, "FR-1", title="Other"))
    assert "and 10 more" in change_section(summarize("shed-1", BEFORE, after))


def test_the_title_says_what_it_is_about_and_stays_short() -> None:
    after = ASKED.model_copy(update={"features": (SHOW,)})
    items = item_changes(product_items(ASKED), product_items(after))
    assert change_title("Shed", items, ()) == "Change Shed: remove Lend a tool"
    assert change_title("Shed", (), ("non_goals",)) == "Change Shed: other non goals"
    assert change_title("Shed", (), ()) == "Change Shed"
    assert len(change_title("Shed" * 40, items, ())) == 70


def test_what_concerns_nobody_knows_what_is_told_once() -> None:
    gone = ItemChange(item="feature: Print", how="removed")
    assert change_title("Shed", [gone], ("summary",)) == (
        "Change Shed: remove Print, other summary"
    )
    asked = ASKED.model_copy(update={"features": ASKED.features[:1]})
    after = Product(asked, BEFORE.spec, STRUCTURE, BEFORE.files)
    change = summarize("shed-1", BEFORE, after, is_anew=True)
    assert change.asked == ("removed feature: Show the shed",)
    assert change.anew
