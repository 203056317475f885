"""The rest of a file in other words: which part, of what, and what of it."""

from itertools import product

import pytest

from codegen.source.findings import errors_of
from codegen.source.rest_unchanged import says_rest_is_same
from codegen.source.wholeness import wholeness_findings

WHICH = (
    "rest of the",
    "Rest of",
    "the remaining",
    "other",
    "All the other",
    "existing",
    "previous",
)
THING = (
    "code",
    "file",
    "functions",
    "methods",
    "helper functions",
    "routes",
    "class body",
    "tests",
)
SAME = (
    *("unchanged", "remain unchanged", "stay the same", "stays exactly as it was", "as before"),
    *(
        "is the same as in the previous version",
        "remain as they are",
        "are identical to the original",
    ),
    *("is omitted", "left out for brevity", "not shown here", "follow the same pattern"),
    *("are the same as above", "- unchanged", "(unchanged)", ": same as before", "doesn't change"),
)
WHOLE = (
    """
rest of file|[rest of the code]|<rest of file unchanged>|unchanged below|The rest of this module
Everything below stays the same|No changes below this line|The rest is as in the earlier answer
No further changes needed beyond this point|no changes to the remaining functions
Code below unchanged|everything else is the same|nothing changes below
rest of the implementation here|same from here on
""".strip()
    .replace("\n", "|")
    .split("|")
)
INNOCENT = (
    """
rest of the arguments|the rest of the arguments are passed on|Other loans are unchanged|no changes
the rest is the same for all users|Nothing changed|nothing else changes|same as the default
Other routes|Remaining tests of the reader|existing rows are left out|the other side is closed
Everything else is a tool.|The rest of the line is a comment|no changes to the loan|as before
All other methods are the same as those of a list|code below 400 is a success|Routes above the rest
Other handlers may change it|files below the folder are skipped|The remaining stock is unchanged
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("same", SAME)
def test_every_combination_of_the_parts_is_seen(same: str) -> None:
    missed = [
        text
        for which, thing in product(WHICH, THING)
        for text in (f"{which} {thing} {same}", f"... ({which} {thing} {same}) ...")
        if not says_rest_is_same(text)
    ]
    assert missed == []


@pytest.mark.parametrize("comment", WHOLE)
def test_a_comment_for_the_rest_is_refused(comment: str) -> None:
    for path, text in (
        ("a.py", f"x = 1\n\n\n# {comment}\n"),
        ("a.js", f"const x = 1;\n\n// {comment}\n"),
        ("a.py", f"x = 1\n# -----\n# {comment}\n# -----\n"),
    ):
        assert "elision" in {item.code for item in errors_of(wholeness_findings(path, text))}


@pytest.mark.parametrize("comment", [item for item in INNOCENT if item != "as before"])
def test_prose_about_what_the_code_does_is_let_through(comment: str) -> None:
    assert wholeness_findings("a.py", f"x = 1\n# {comment}\ny = 2\n") == []


def test_a_sentence_that_runs_over_lines_or_stands_behind_code_is_prose() -> None:
    for text in (
        "# Takes the first, as the\n# rest of the code\n# expects it.\nx = 1\n",
        "x = 1  # everything below stays the same\n",
    ):
        assert wholeness_findings("a.py", text) == []
