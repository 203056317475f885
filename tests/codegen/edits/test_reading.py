"""Edits are read in whatever way models write them, or refused with the place quoted."""

import re

import pytest

from codegen.edits.edit import Deletion, Edit, Move, Replacement, WholeFile
from codegen.edits.reading import read_edits

KNOWN = {"app/due.py", "app/main.py", "README.md", "b/x.py"}
BLOCK = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE"


def only(answer: str) -> Edit:
    (edit,) = read_edits(answer, KNOWN).edits
    return edit


@pytest.mark.parametrize(
    "answer",
    [
        f"app/due.py\n{BLOCK}",
        f"The cause is clear.\n\n**`app/due.py`**\n\n{BLOCK}\n\nThat is all.",
        f"### 1. File: `./app/due.py`\n{BLOCK}",
        f"- app/due.py:\n{BLOCK}",
        f"Updated file app/due.py (changed)\n{BLOCK}",
        f"In `app/due.py`, the comparison is wrong:\n{BLOCK}",
        f"```python app/due.py\n{BLOCK}\n```",
        f"app/due.py\n```python\n{BLOCK}\n```",
        f"In app/due.py:\n~~~~\n{BLOCK}\n~~~~",
        f"```\napp/due.py\n{BLOCK}\n```",
        f"```diff\napp/due.py\n{BLOCK}\n```",
        f"`````py\n# app/due.py\n{BLOCK}\n`````",
        f"<think>\napp/main.py\n{BLOCK}\n</think>\napp/due.py\n{BLOCK}",
        "<<<<<<< SEARCH app/due.py\nold\n=======\nnew\n>>>>>>> REPLACE",
        "app/due.py\n<<<<<SEARCH\nold\n=====\nnew\n>>>>>REPLACE",
        "app/due.py\n<<<<<<< HEAD\nold\n=======\nnew\n>>>>>>> branch",
        "app/due.py\n------- SEARCH\nold\n=======\nnew\n+++++++ REPLACE",
        f"app/due.py\r\n{BLOCK}".replace("\n", "\r\n").replace("\r\r", "\r"),
        "--- a/app/due.py\n+++ b/app/due.py\n@@ -1 +1 @@\n-old\n+new",
        "--- app/due.py\n+++ app/due.py\n@@ -1,9 +1,7 @@\n-old\n+new\n",
        "--- app/due.py.orig\t2026-01-01\n+++ app/due.py\t2026-01-02\n@@\n-old\n+new\n",
        "```diff\n--- a/app/due.py\n+++ b/app/due.py\n@@ ... @@\n-old\n+new\n```",
        "```\n--- i/app/due.py\n+++ w/app/due.py\n@@ -1 +1 @@ def f():\n-old\n+new\n```",
        "app/due.py\n```diff\n@@ -1 +1 @@\n-old\n+new\n```",
        "```diff app/due.py\n-old\n+new\n```",
        "Fix app/due.py so:\n```patch\n-old\n+new\n```",
        "diff --git a/app/due.py b/app/due.py\nindex 1a2b3c..4d5e6f 100644\n--- a/app/due.py\n"
        "+++ b/app/due.py\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n"
        "\\ No newline at end of file\n\n- That mends it.\n",
        "```diff\nFrom 1a2b\nSubject: x\n--- a/app/due.py\n+++ b/app/due.py\n@@\n-old\n+new\n```",
    ],
)
def test_one_change_in_many_spellings(answer: str) -> None:
    edit = only(answer)

    assert isinstance(edit, Replacement)
    assert (edit.path, edit.old, edit.new) == ("app/due.py", ("old",), ("new",))


@pytest.mark.parametrize(
    "answer",
    [
        "```python app/due.py\nx = 1\n```",
        "```app/due.py\nx = 1\n```",
        '```py title="app/due.py"\nx = 1\n```',
        "```python:app/due.py\nx = 1\n```",
        "**app/due.py**\n````python\nx = 1\n````",
        "File: app/due.py\n~~~\nx = 1\n~~~",
        "  ```python app/due.py\n  x = 1\n  ```",
        "Run it:\n```bash\npytest\n```\n```python app/due.py\r\nx = 1\r\n```\r\nDone.",
    ],
)
def test_a_whole_file_in_many_spellings(answer: str) -> None:
    edit = only(answer)

    assert isinstance(edit, WholeFile)
    assert (edit.path, edit.text, edit.fresh) == ("app/due.py", "x = 1\n", False)


def test_a_first_comment_names_a_file() -> None:
    edit = only("```python\n# app/due.py\nx = 1\n```")

    assert edit == WholeFile("app/due.py", 1, "# app/due.py\nx = 1\n")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("app/new.py\n<<<<<<< SEARCH\n=======\na\nb\n>>>>>>> REPLACE", "a\nb\n"),
        ("```diff\n--- /dev/null\n+++ b/app/new.py\n@@ -0,0 +1,2 @@\n+a\n+b\n```", "a\nb\n"),
        ("--- /dev/null\n+++ app/new.py\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file", "a"),
        ("--- a/app/new.py\n+++ b/app/new.py\n@@\n+a\n", "a\n"),
        (
            "diff --git a/app/new.py b/app/new.py\nnew file mode 100644\nindex 000..1a2\n"
            "--- /dev/null\n+++ b/app/new.py\n@@ -0,0 +1 @@\n+a\n",
            "a\n",
        ),
    ],
)
def test_new_files(answer: str, text: str) -> None:
    edit = only(answer)

    assert isinstance(edit, WholeFile)
    assert (edit.path, edit.text, edit.fresh) == ("app/new.py", text, True)


def test_files_that_go() -> None:
    assert only("--- a/app/due.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-old") == Deletion(
        "app/due.py", 1, ("old",)
    )
    assert only(
        "diff --git a/app/due.py b/app/due.py\ndeleted file mode 100644\nindex 1a..00\n"
    ) == Deletion("app/due.py", 1)


def test_files_that_move() -> None:
    answer = (
        "```diff\ndiff --git a/app/due.py b/app/late.py\nsimilarity index 90%\n"
        "rename from app/due.py\nrename to app/late.py\n--- a/app/due.py\n+++ b/app/late.py\n"
        "@@ -1 +1 @@\n-old\n+new\n```"
    )
    move, change = read_edits(answer, KNOWN).edits

    assert move == Move("app/due.py", 2, "app/late.py")
    assert isinstance(change, Replacement)
    assert change.path == "app/due.py"
    assert read_edits(answer, KNOWN).paths == ("app/due.py", "app/late.py")


def test_a_folder_named_as_git_prefixes_is_a_folder() -> None:
    edits = read_edits("--- b/x.py\n+++ b/x.py\n@@\n-old\n+new\n", KNOWN)

    assert edits.paths == ("b/x.py",)


def test_the_forms_may_be_mixed_and_blocks_follow_one_another() -> None:
    answer = (
        f"app/due.py\n{BLOCK}\n{BLOCK}\n\n```diff\n--- a/README.md\n+++ b/README.md\n"
        f"@@ -1,3 +1,3 @@\n ```sh\n-old\n+new\n ```\n@@ -9 +9 @@\n-old\n+new\n```\n"
        f"````md app/main.py\n```\n````\n"
    )
    edits = read_edits(answer, KNOWN).edits

    assert [edit.path for edit in edits] == [*["app/due.py"] * 2, *["README.md"] * 2, "app/main.py"]
    assert [edit.place for edit in edits] == [2, 7, 16, 21, 25]
    fenced = edits[2]
    assert isinstance(fenced, Replacement)
    assert fenced.old == ("```sh", "old", "```")


def test_a_hunks_number_counts_only_with_right_counts() -> None:
    right = only("--- a/app/due.py\n+++ b/app/due.py\n@@ -7,2 +7,2 @@\n a\n-old\n+new")
    wrong = only("--- a/app/due.py\n+++ b/app/due.py\n@@ -7,3 +7,3 @@\n a\n-old\n+new")

    assert isinstance(right, Replacement)
    assert isinstance(wrong, Replacement)
    assert (right.start, wrong.start) == (7, None)
    assert right.lines == wrong.lines


def test_removed_remarks_are_no_header() -> None:
    edit = only(
        "```diff\n--- a/app/due.py\n+++ b/app/due.py\n@@ -1,2 +1,2 @@\n--- x\n+++ y\n z\n```"
    )

    assert isinstance(edit, Replacement)
    assert (edit.old, edit.new) == (("-- x", "z"), ("++ y", "z"))


def test_prose_behind_an_unfenced_diff_is_no_part_of_it() -> None:
    edit = only(
        "--- a/app/due.py\n+++ b/app/due.py\n@@ -1,2 +1,2 @@\n-old\n+new\n z\n\n"
        "+ plus a remark\n- and another\n"
    )

    assert isinstance(edit, Replacement)
    assert (edit.old, edit.new) == (("old", "z"), ("new", "z"))


def test_no_change_is_an_answer() -> None:
    edits = read_edits("**NO CHANGE:** the test is wrong.", KNOWN)

    assert (edits.edits, edits.no_change) == ((), "the test is wrong.")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("", "no edit that can be recognised"),
        ("```\n\n```", "line 1 of the answer names no file"),
        ("I would compare the dates.", "no edit that can be recognised"),
        ("<think>\nhm", "<think> has no end"),
        (BLOCK, "line 1 of the answer names no file:\n    | <<<<<<< SEARCH"),
        ("a\n<<<<<<< SEARCH\nb\n=======\nc\n", "no line `>>>>>>> REPLACE`"),
        (f"app/due.py\n<<<<<<< SEARCH\nb\n{BLOCK}", "line 2 of the answer has no line `>>>>>>>"),
        ("app/due.py\n<<<<<<< SEARCH\nb\n>>>>>>> REPLACE\n", "has no line `=======`"),
        (
            "README.md\n<<<<<<< SEARCH\nTitle\n=======\nx\n=======\ny\n>>>>>>> REPLACE\n",
            "has 2 lines `=======`",
        ),
        (f"```python app/due.py\nx = 1\n{BLOCK}\n```", "and other text:\n    | x = 1"),
        ("```python app/due.py\nx = 1\n", "line 1 of the answer is not closed"),
        (f"app/due.py\n```\n{BLOCK}\n", "line 2 of the answer is not closed"),
        ("```python\nx = 1\n```", "line 1 of the answer names no file:\n    | x = 1"),
        ("```md README.md\n# A\n```\nrun\n```\nmore\n```\n", "line 5 of the answer names no file"),
        ("app/due.py\n```diff\n@@ -1 +1 @@\n```", "line 3 of the answer has no lines"),
        ("```diff\n@@ -1 +1 @@\n-a\n+b\n```", "says not which file"),
        ("--- a/app/due.py\n+++ b/app/main.py\n@@\n-a\n+b\n", "two files, 'app/due.py' and"),
        ("diff --git a/x.bin b/x.bin\nBinary files a and b differ\n", "not understood here"),
        ("diff --git a/a.py b/b.py\ncopy from a.py\ncopy to b.py\n", "'copy from'"),
        ("--- a/app/due.py\n+++ b/app/due.py\n", "changes nothing"),
        ("```diff\n--- a/app/due.py\n+++ b/app/due.py\nstray\n```", "belongs to no hunk"),
        ("a.py\nold\n=======\nnew\n>>>>>>> REPLACE", "line 5 of the answer stands alone"),
        (f"app/due.py\n{BLOCK}\n@@ -1 +1 @@\n-a\n+b", "no file is named above the hunk"),
        (f"app/due.py\n{BLOCK}\nbin/run\n```\nx\n```", "line 8 of the answer names no file"),
        (f"NO CHANGE: no.\n\napp/due.py\n{BLOCK}", "with the one or the other"),
    ],
)
def test_what_is_wrong_is_said(answer: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_edits(answer, KNOWN)


def test_endless_lines_are_read_in_time() -> None:
    spaces = " " * 200_000
    for answer in (
        f"# {spaces}x\n```\nx\n```",
        f"```py {spaces}x\n# {spaces}y\n```",
        f"<<<<<<< SEARCH {spaces}x\n=======\n>>>>>>> REPLACE",
    ):
        with pytest.raises(ValueError, match="names no file"):
            read_edits(answer, KNOWN)


def test_an_illustration_is_no_edit() -> None:
    edit = only(f"The line\n```python\nreturn 1\n```\nis wrong.\n\napp/due.py\n{BLOCK}")

    assert edit.path == "app/due.py"
