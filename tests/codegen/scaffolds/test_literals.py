"""Literals mean the text they were made of, and nothing else."""

import ast
import json
import tomllib
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import TemplateRuntimeError

from codegen.scaffolds.environment import environment
from codegen.scaffolds.literals import (
    html_literal,
    json_literal,
    one_line,
    plain_name,
    python_literal,
    python_module,
    specifier,
    text_literal,
    toml_literal,
)

TEXTS = st.text() | st.text(alphabet="\"'\\ \n\t\r\0\x7f\x85\u2028\u202e${}<>%*/`🚀é")


@given(TEXTS)
def test_a_literal_means_its_text(text: str) -> None:
    assert ast.literal_eval(python_literal(text)) == text
    assert json.loads(json_literal(text)) == text
    assert tomllib.loads(f"a = {toml_literal(text)}")["a"] == text
    for literal in (python_literal(text), json_literal(text), toml_literal(text)):
        assert literal.isprintable()


@given(st.lists(TEXTS))
def test_a_list_in_toml(texts: list[str]) -> None:
    assert tomllib.loads(f"a = {toml_literal(texts)}")["a"] == texts


@given(TEXTS)
def test_text_in_a_page_is_text(text: str) -> None:
    literal = html_literal(text)
    assert not set(literal) & set("<>\"'%\n")
    assert unescape(literal) == one_line(text)
    assert text_literal(text).splitlines() in ([], [one_line(text)])


@given(TEXTS, st.integers(1, 30))
def test_a_line_has_its_length(text: str, limit: int) -> None:
    assert len(one_line(text, limit)) <= limit


@pytest.mark.parametrize("text", ["", "a b", "$(x)", 'a"', "a\n", "-x", "é"])
def test_what_is_written_bare_means_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be written bare"):
        plain_name(text)


@pytest.mark.parametrize("path", ["app/class.py", "app/two words.py", "app/9.py", "app/-x.py"])
def test_what_cannot_be_imported_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be imported"):
        python_module(path)


def test_modules_are_named_as_imports_name_them() -> None:
    assert python_module("src/shelf/cli.py") == "shelf.cli"
    assert specifier("src/routes/tasks.js", "src/") == '"./routes/tasks.js"'
    assert specifier("lib/x.js", "src/") == '"../lib/x.js"'


def test_a_template_writes_nothing_but_literals() -> None:
    template = environment().from_string("{{ name }}")
    with pytest.raises(TemplateRuntimeError, match="a str is written as it is"):
        template.render(name="x")
