import ast
import html
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.llm.demo.literals import (
    LEAD_LENGTH,
    docstring_text,
    lead,
    markdown_line,
    markdown_text,
    one_line,
    python_string,
    sentence,
)

_NASTY = ('"', "'", "\\", '"""\\', "'''\"", "{{ x }}", "a\nb\tc\r", "\u202e\u2028\x00\x85", "🚀")


@given(st.text() | st.text(alphabet="\"'\\{}\n`"))
def test_a_python_string_means_its_text(text: str) -> None:
    literal = python_string(text)
    assert ast.literal_eval(literal) == text
    assert literal.isprintable()


def test_python_strings_are_spelt_as_ruff_spells_them(tmp_path: Path) -> None:
    texts = [*_NASTY, 'it\'s "so"', '"" \'', "\x1b\u200f\U000e0001"]
    source = "".join(f"A{number} = {python_string(text)}\n" for number, text in enumerate(texts))
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--diff", "a.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@given(st.text() | st.text(alphabet='"\\ \n\u2028'))
def test_text_in_a_docstring_cannot_end_it(text: str) -> None:
    source = f'"""{sentence(text)}"""'
    assert ast.literal_eval(source) == sentence(text)
    assert len(sentence(text)) <= 73
    assert docstring_text("x" * 100).endswith("…")


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text, 20)
    assert len(line) <= 20
    assert len(line.splitlines()) <= 1
    assert line == line.strip()


def test_a_lead_ends_with_a_sentence() -> None:
    assert lead("Short.\nStill.") == "Short. Still."
    assert lead("One sentence. " * 40).endswith("One sentence.")
    assert len(lead("One sentence. " * 40)) <= LEAD_LENGTH
    assert lead("word " * 100).endswith("…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# heading", "\\# heading"),
        ("1. item", "1\\. item"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("===", "\\==="),
        ("> quote", "&gt; quote"),
        ("```", "\\`\\`\\`"),
        ("a|b", "a\\|b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("a\u202eb", "a&#x202e;b"),
        ("plain text, 3.5 - it is", "plain text, 3.5 - it is"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, shown: str) -> None:
    assert markdown_line(text) == shown


@given(st.text())
def test_nothing_is_lost_in_markdown(text: str) -> None:
    back = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown_line(text)))
    assert back.replace("\xa0", " ").split() == one_line(html.unescape(one_line(text))).split() or (
        "&" in text
    )


@given(st.text(alphabet="#-=>`~1. |<\n\tab"))
def test_no_line_of_prose_begins_a_block(text: str) -> None:
    for line in markdown_text(text).split("\n"):
        assert not re.match(r"\s|#|[-+*>|]|```|~~~|=+$|\d+[.)]\s|</?\w", line)


def test_paragraphs_stay_apart() -> None:
    assert markdown_text("a\r\nb\n\n\n  \nc\n") == "a\\\nb\n\nc"
    assert markdown_text(" \n\n ") == ""
