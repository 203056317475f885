"""Edits are applied to the place that is meant, or refused with what to do instead."""

import re

import pytest

from codegen.edits.applying import apply_edits
from codegen.edits.placing import CONTEXT_SIMILARITY, MAX_DIFFERENT_LINES, TELLING_CHARACTERS
from codegen.edits.reading import read_edits
from codegen.edits.replacing import MAX_REFUSALS
from codegen.edits.whole_files import SHRINKING_LINES, SMALLEST_SHARE
from tests.codegen.edits.changes import search_block

PATH = "app/due.py"
TEXT = """\
def first(items):
    for item in items:
        if item.ready:
            return item
    return None


def second(items):
    for item in items:
        if item.broken:
            return item
    return None
"""


def applied(answer: str, text: str = TEXT) -> str | None:
    texts = {PATH: text, "tests/test_due.py": "assert True\n"}
    return apply_edits(texts, read_edits(answer, set(texts)), {"tests/test_due.py"})[PATH]


def block(search: str, replace: str) -> str:
    return search_block(PATH, search.splitlines(), replace.splitlines())


def diff(*hunks: str) -> str:
    return "\n".join([f"--- a/{PATH}", f"+++ b/{PATH}", *hunks])


def refused(answer: str, message: str, text: str = TEXT) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        applied(answer, text)
    assert str(error.value).startswith("nothing was changed, because ")


def test_several_edits_of_a_file_each_see_it_as_it_was() -> None:
    edits = [
        block("        if item.ready:", "        if item.ready and item.whole:\n            # so"),
        block("        if item.broken:", "        if not item.whole:"),
    ]
    expected = TEXT.replace("item.ready:", "item.ready and item.whole:\n            # so")

    assert applied("".join(edits)) == expected.replace("item.broken", "not item.whole")
    assert applied("".join(edits[::-1])) == expected.replace("item.broken", "not item.whole")
    refused(
        edits[0] + block("            # so", "            # this"),
        "its lines are not in the file",
    )


def test_what_occurs_twice_is_refused_unless_a_counted_header_hits_it() -> None:
    lines = "             return item\n-    return None\n+    return item\n"

    refused(
        block("    return None", "    return item"), "occur 2 times in the file, from the lines 5"
    )
    refused(diff(f"@@ -4,3 +4,2 @@\n{lines}"), "occur 2 times in the file, from the lines 4, 11 on")
    refused(diff(f"@@ -10,2 +10,2 @@\n{lines}"), "occur 2 times")
    result = applied(diff(f"@@ -11,2 +11,2 @@\n{lines}"))
    assert result is not None
    assert result == TEXT.removesuffix("    return None\n") + "    return item\n"


def test_context_may_differ_a_little_and_stays_as_the_file_has_it() -> None:
    search = "def second(itmes):\n    for item in items:\n        if item.broken:\n"
    answer = block(search, search.replace("item.broken", "item.torn"))

    assert applied(answer) == TEXT.replace("item.broken", "item.torn")


def test_too_much_other_context_is_refused_with_the_closest_lines() -> None:
    search = "class Other:\n    pass\n\n\n        if item.broken:\n"

    refused(
        block(search, search.replace("item.broken", "item.torn")),
        "4 of its 5 old lines are not in the file, too many to be sure of the place; the closest "
        "lines of the file are:\n    | ",
    )
    assert 0.5 < CONTEXT_SIMILARITY < 1
    assert 0 < MAX_DIFFERENT_LINES < 6


def test_lines_that_go_must_be_there() -> None:
    refused(
        block("        if item.braken:", "        if item.torn:"),
        "its lines are not in the file; the closest lines of the file are:\n"
        "    | 9:     for item in items:\n    | 10:         if item.broken:\n",
    )


def test_context_that_reaches_out_of_the_file_is_refused() -> None:
    search = "import items\n\n\ndef first(items):\n"

    refused(block(search, search.replace("first", "one")), "its context reaches out of the file")


def test_short_lines_are_found_only_as_they_stand() -> None:
    text = "a {\n  b\n}\n"

    assert applied(block("}", "  c\n}"), text) == "a {\n  b\n  c\n}\n"
    refused(block("  }", "    c\n  }"), "too short to be sure of the place", text)
    assert len("return") < TELLING_CHARACTERS


def test_blank_context_at_the_edges_may_be_missing() -> None:
    answer = block(
        "\n\ndef  second(items):\n    for item in items:\n\n",
        "\n\ndef  second(items):\n    for item in sorted(items):\n\n",
    )

    assert applied(answer) == TEXT[:120] + TEXT[120:].replace("in items", "in sorted(items)")


@pytest.mark.parametrize(
    ("search", "replace", "comes"),
    [
        # all of it without its outer indentation
        (
            "if item.broken:\n    return item",
            "if item.torn:\n    return item",
            "        if item.torn:",
        ),
        # without that of its first line
        (
            "if item.broken:\n            return item",
            "if item.torn:\n            return item",
            "        if item.torn:",
        ),
        # without that of its first line, and all others too far in
        (
            "for item in items:\n          if item.broken:\n              return item",
            "for item in items:\n          if item.torn:\n              return item",
            "        if item.torn:",
        ),
        # two spaces for four
        (
            "  for item in items:\n    if item.broken:",
            "  for item in items:\n    if item.torn:",
            "        if item.torn:",
        ),
        # tabs for spaces
        (
            "\tfor item in items:\n\t\tif item.broken:",
            "\tfor item in items:\n\t\tif item.torn:",
            "        if item.torn:",
        ),
    ],
)
def test_what_comes_is_indented_as_the_file(search: str, replace: str, comes: str) -> None:
    assert applied(block(search, replace)) == TEXT.replace("        if item.broken:", comes)


@pytest.mark.parametrize(
    ("search", "replace", "message"),
    [
        # further out than all that was found: the file's indentation there is not known
        ("  if item.broken:", "if item.torn:", "follows no one rule"),
        # the first line is trimmed; another new one may be, too, or stand at the margin
        (
            "for item in items:\n        if item.broken:",
            "for item in items:\n        if item.torn:\nelse:",
            "it cannot be told how this new line is indented:\n    | else:",
        ),
        # half a step
        (
            "\tfor item in items:\n\t\tif item.broken:",
            "\tfor item in items:\n\t  if item.torn:",
            "follows no one rule",
        ),
        # further out than the file's margin
        (
            "    def second(items):\n        for item in items:",
            "    def second(items):\n  x = 1\n        for item in items:",
            "no place:\n    |   x = 1",
        ),
        # one line as in the file, one not
        (
            "    for item in items:\n      if item.broken:",
            "    for item in items:\n      if item.torn:",
            "follows no one rule",
        ),
        # one indentation for two of the file
        (
            "  for item in items:\n  if item.broken:",
            "  for item in items:\n  if item.torn:",
            "follows no one rule",
        ),
    ],
)
def test_indentation_is_not_guessed(search: str, replace: str, message: str) -> None:
    refused(block(search, replace), message)


def test_what_comes_stands_at_a_whole_column() -> None:
    text = "one {\n  two {\n    three\n  }\n}\n"
    search = "    two {\n        three\n    }"

    assert applied(block(search, f"{search}\n    four"), text) == text[:-2] + "  four\n}\n"
    refused(block(search, f"{search}\n     four"), "no place:\n    |      four", text)


def test_a_hunk_whose_context_lost_its_space_keeps_what_comes() -> None:
    hunk = "@@\ndef second(items):\n    for item in items:\n-        if item.broken:\n"
    hunk += "+        if item.torn:"

    assert applied(f"```diff\n{diff(hunk)}\n```") == TEXT.replace("item.broken", "item.torn")


def test_line_ends_a_mark_and_the_last_end_stay() -> None:
    windows = "\ufeff" + TEXT.replace("\n", "\r\n").removesuffix("\r\n")
    expected = windows.replace("item.broken", "item.torn")
    whole = f"```py {PATH}\n{TEXT.replace('item.broken', 'item.torn')}```"
    last = diff("@@\n             return item\n-    return None\n+    return 1\n+    # end")

    assert applied(block("        if item.broken:", "        if item.torn:"), windows) == expected
    assert applied(whole, windows) == expected
    assert applied(block("def first(items):", "def one(items):"), windows) == windows.replace(
        "first", "one"
    )
    text = "a\n" + "            return item\n    return None"
    assert applied(last, text) == "a\n            return item\n    return 1\n    # end"
    mixed = "one = 1\r\ntwo = 2\nthree = 3\nfour = 4\n"
    assert applied(block("three = 3", "three = 4"), mixed) == mixed.replace("3", "4").replace(
        "4 = 4", "3 = 4"
    )


def test_edits_that_share_context_go_together() -> None:
    one = (
        "@@\n-def first(items):\n+def one(items):\n     for item in items:\n         if item.ready:"
    )
    two = "@@\n         if item.ready:\n-            return item\n+            return 1"

    assert applied(diff(one, two)) == TEXT.replace("first", "one").replace(
        "return item", "return 1", 1
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("        if item.ready:", "        if 1:"), ("        if item.ready:", "        if 2:")),
        (
            ("        if item.ready:\n            return item", "        if 1:\n            pass"),
            ("def first(items):\n    for item in items:\n        if item.ready:", "pass"),
        ),
        (  # both add at one place, and nobody knows in which order
            ("def first(items):", "def first(items):\n    a = 1"),
            ("def first(items):", "def first(items):\n    b = 1"),
        ),
        (  # one adds where the other sees lines side by side
            ("def first(items):", "def first(items):\n    a = 1"),
            (
                "def first(items):\n    for item in items:",
                "def one(items):\n    for item in items:",
            ),
        ),
    ],
)
def test_edits_that_overlap_are_refused(one: tuple[str, str], two: tuple[str, str]) -> None:
    refused(block(*one) + block(*two), "both change what the other is about")
    refused(block(*two) + block(*one), "(lines 2 and")


def test_whole_files_must_be_whole() -> None:
    long = "".join(f"line_{number} = {number}\n" for number in range(SHRINKING_LINES))
    half = "".join(long.splitlines(keepends=True)[: int(SHRINKING_LINES * SMALLEST_SHARE)])

    assert applied(f"```py {PATH}\n{half}```", long) == half
    refused(f"```py {PATH}\n{half[:-11]}```", "lines, and the file has 12", long)
    refused(f"```py {PATH}\n    return 1\n```", "begins in the middle", "x = 1\n")
    refused(f"```py {PATH}\nx = 1\n# ... existing code ...\n```", "stands for others")
    refused(f"```py {PATH}\n```", "its new text is empty")
    refused(f"```py {PATH}\n{TEXT}```", "this very text already")


def test_lines_that_stand_for_others_are_refused() -> None:
    refused(
        block("        if item.broken:", "        # ... rest of the code unchanged ..."),
        "its new line '# ... rest of the code unchanged ...' stands for others",
    )
    refused(
        block("def second(items):\n    # ...\n    return None", "def second(items):\n    pass"),
        "its line '# ...' stands for others; copy every line",
    )
    dotted = "x = {\n    # ... existing items ...\n}\n"
    assert applied(block("x = {", "y = {"), dotted) == dotted.replace("x", "y", 1)


def test_refusals_of_one_file_are_not_told_without_end() -> None:
    nowhere = [block(f"nothing_like_{number}", "x") for number in range(2 * MAX_REFUSALS)]
    with pytest.raises(ValueError, match="the other edits of it were not looked at") as error:
        applied("".join(nowhere))

    assert str(error.value).count("are not in the file") == MAX_REFUSALS


def test_what_is_added_must_not_be_there_and_what_goes_must() -> None:
    fresh = "```diff\n--- /dev/null\n+++ b/app/due.py\n@@ -0,0 +1 @@\n+x = 1\n```"

    refused(fresh, "is to be added, but is there already")
    assert applied(fresh, "") == "x = 1\n"
    assert applied(block("", "x = 1"), "\n") == "x = 1\n"
    refused(diff("@@\n+x = 1"), "it says not where its lines go")
    assert applied(f"--- a/{PATH}\n+++ /dev/null\n") is None
    refused(f"--- a/{PATH}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1", "has other lines than those")
    refused("--- a/app/gone.py\n+++ /dev/null\n", "is to be deleted, and is not there")
    refused(search_block("app/deu.py", ["a"], ["b"]), "no such file; is 'app/due.py' meant?")


def test_files_move_with_their_changes() -> None:
    texts = {PATH: TEXT, "b.py": "x\n"}
    move = f"diff --git a/{PATH} b/app/late.py\nrename from {PATH}\nrename to app/late.py\n"
    hunk = f"--- a/{PATH}\n+++ b/app/late.py\n@@\n-        if item.ready:\n+        if 1:\n"

    assert apply_edits(texts, read_edits(move, texts)) == {PATH: None, "app/late.py": TEXT}
    assert apply_edits(texts, read_edits(move + hunk, texts)) == {
        PATH: None,
        "app/late.py": TEXT.replace("item.ready", "1"),
    }
    fresh = search_block("app/late.py", [], ["x"])
    for answer in (move + fresh, fresh + move):
        with pytest.raises(ValueError, match=r"'app/late\.py' is written twice"):
            apply_edits(texts, read_edits(answer, texts))
    for target, message in [
        ("b.py", "cannot be moved to 'b.py', which is there already"),
        ("B.py", "paths 'b.py' and 'B.py': differ only in case"),
        ("../b.py", "has a '..' part"),
        ("App/late.py", ""),
    ]:
        answer = move.replace("app/late.py", target)
        if message:
            with pytest.raises(ValueError, match=re.escape(message)):
                apply_edits(texts, read_edits(answer, texts))
        else:  # the folder's old spelling goes with its only file
            assert apply_edits(texts, read_edits(answer, texts))[target] == TEXT


@pytest.mark.parametrize("path", ["tests/test_due.py", "Tests/TEST_due.py"])
def test_protected_files_stay(path: str) -> None:
    message = "holds acceptance tests, which must stay as they are; mend the code"

    refused(search_block(path, ["assert True"], ["pass"]), message)
    refused(f"```py {path}\npass\n```", message)
    refused(f"--- a/{path}\n+++ /dev/null\n", message)
    refused(f"diff --git a/{path} b/x.py\nrename from {path}\nrename to x.py\n", message)
    refused(f"diff --git a/{PATH} b/{path}\nrename from {PATH}\nrename to {path}\n", message)


def test_every_refusal_is_listed_and_nothing_is_done() -> None:
    answer = (
        block("        if item.ready:", "        if 1:")
        + block("nowhere to be seen", "x")
        + search_block("../up.py", [], ["x"])
        + f"```py {PATH}\n{TEXT}x = 1\n```"
    )
    with pytest.raises(ValueError, match="2 edits cannot be applied") as error:
        applied(answer)

    told = str(error.value)
    assert f"- {PATH!r} (lines 2, 8, 18 of " in told
    assert "changed by another edit too; give one of them" in told
    assert "- '../up.py' (line 14 of the answer): path '../up.py': has a '..' part" in told


def test_an_answer_that_changes_nothing_is_refused() -> None:
    refused(block("        if item.ready:", "        if item.ready:"), "by the same ones")
    with pytest.raises(ValueError, match="the answer changes nothing: it is right"):
        applied("NO CHANGE: it is right")
