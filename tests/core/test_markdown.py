import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markdown import block, code, plain, whole_block


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Task Tracker", "Task Tracker"),
        ("due_date", "due_date"),
        ("_x_", r"\_x\_"),
        ("a\n\n# b", r"a \# b"),
        ("a | b", r"a \| b"),
        ("<script>&amp;", r"\<script\>\&amp;"),
        ("1. one", r"1\. one"),
        ("- one", r"\- one"),
        ("=====", r"\====="),
        ("~~x~~ $y$", r"\~\~x\~\~ \$y\$"),
        ("\x1b[31mred\u202e", "red"),
        ("a\\", "a\\\\"),
    ],
)
def test_text_is_shown_as_it_is_written(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a.py", "`a.py`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a\nb\u200b", "`a b`")],
)
def test_a_code_span_holds_backticks(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_block_is_indented_without_blanks_at_line_ends() -> None:
    assert block("a\n\n  b\n", indent=2) == "  ```\n  a\n\n    b\n  ```"


def test_a_block_is_bounded_at_either_end() -> None:
    text = "\n".join(f"{number} {'x' * 60}" for number in range(100))
    assert block(text).splitlines()[1].startswith("0 ")
    assert block(text, end=True).splitlines()[-2].startswith("99 ")
    assert len(block(text).splitlines()) == 42
    assert len(block("x" * 9_000)) == 4_008


@given(st.text(st.sampled_from("`~ a\n")) | st.text())
def test_no_text_ends_its_own_fence(text: str) -> None:
    fence, *inside, last = block(text).split("\n")
    assert fence == last
    assert not any(re.match(rf" *{fence}", line) for line in inside)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext\r\n", "```\nplain\n\ttext\r\n\n```"),
        ("`a` ``b``", "```\n`a` ``b``\n```"),
        ("```\n`````", "``````\n```\n`````\n``````"),
        ("\x1b[0m\x00\x7f", "```\n\\x1b[0m\\x00\\x7f\n```"),
        ("a\rb\u202e\ud800\x85", "```\na\\x0db\\u202e\\ud800\\u0085\n```"),
    ],
)
def test_a_whole_block_shows_a_text_to_the_letter(text: str, shown: str) -> None:
    assert whole_block(text) == shown
