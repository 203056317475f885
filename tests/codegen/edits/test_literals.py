"""What stands in strings is content: it is neither ignored nor re-indented."""

import pytest

from codegen.edits.applying import apply_edits
from codegen.edits.literals import inside_literals
from codegen.edits.reading import read_edits
from tests.codegen.edits.changes import search_block

PYTHON = '''\
class Place:
    def name(self):
        return "new york"

    def query(self):
        return """
    select a b
    """
'''
SCRIPT = """\
export function page() {
    const title = 'a  b';
    return title;
}
"""


def applied(path: str, text: str, search: str, replace: str) -> str | None:
    answer = search_block(path, search.splitlines(), replace.splitlines())
    return apply_edits({path: text}, read_edits(answer, {path}))[path]


@pytest.mark.parametrize(
    ("path", "text", "search"),
    [
        ("a.py", PYTHON, '    def name(self):\n        return "newyork"'),
        ("a.py", PYTHON, '    def name(self):\n        return "new  york"'),
        ("a.py", PYTHON, '    def query(self):\n        return """\n    select ab'),
        ("a.py", PYTHON, '    defname(self):\n        return "new york"'),
        ("a.js", SCRIPT, "    const title = 'a b';"),
        ("a.js", "const title = `a  b`;\n", " const title = `a b`;"),
    ],
)
def test_white_space_in_strings_and_between_words_counts(path: str, text: str, search: str):
    with pytest.raises(ValueError, match="its lines are not in the file"):
        applied(path, text, search, "pass")


def test_white_space_elsewhere_does_not():
    text = 'def f(a,b):\n\treturn  g( a, "x y" )  # it\'s so\n'
    new = applied("a.py", text, 'def f(a, b):\n\treturn g(a, "x y") # it\'s so', "x = 1")
    assert new == "x = 1\n"


def test_what_a_string_has_comes_as_it_is_written():
    search = 'def name(self):\n    return "new york"'
    comes = f'{search}\n\ndef help(self):\n    return """\nuse:\n  one\n"""'
    new = applied("a.py", PYTHON, search, comes)
    assert new is not None
    assert '    def help(self):\n        return """\nuse:\n  one\n"""\n' in new


def test_a_docstring_is_indented_with_its_function():
    search = 'def name(self):\n    return "new york"'
    comes = f'{search}\n\ndef help(self):\n    """Say how.\n\n    More.\n    """'
    new = applied("a.py", PYTHON, search, comes)
    assert new is not None
    assert '    def help(self):\n        """Say how.\n\n        More.\n        """\n' in new


def test_a_template_string_comes_as_it_is_written():
    search = "const title = 'a  b';\nreturn title;"
    new = applied("a.js", SCRIPT, search, f"{search[:22]}return `\n<p>\n`;")
    assert new == SCRIPT.replace("    return title;", "    return `\n<p>\n`;")


@pytest.mark.parametrize(
    ("path", "text", "inside"),
    [
        ("a.py", 'x = """\na\n"""\ny', "0110"),
        ("a.py", '# """\nx\n', "000"),
        ("a.py", 'x = \'"""\'\ny', "00"),
        ("a.py", 'async def f():\n    r"""A\n    B"""\n', "0000"),
        ("a.py", 'def f(\n    a,\n) -> None:\n    """A\n    B"""\n', "000000"),
        ("a.py", 'x = {"a":\n"""A\nB"""}\n', "0010"),
        ("a.py", "x = '''\nopen", "01"),
        ("a.ts", "// `\nx = `a\nb`\n/* `\n*/\n", "001000"),
        ("a.go", "x := `\na`", "01"),
        ("a.md", "```\nx\n```", "000"),
        ("Makefile", '"""\nx', "00"),
    ],
)
def test_lines_that_begin_inside_a_string_are_known(path: str, text: str, inside: str):
    found = inside_literals(path, text.split("\n"))
    assert "".join(str(int(flag)) for flag in found) == inside


@pytest.mark.parametrize(
    "comment", ["# Existing users keep their code", "# The rest of the implementation"]
)
def test_words_are_an_elision_only_where_lines_go(comment: str):
    text = "x = 1\ny = 2\nz = 3\n"
    assert (
        applied("a.py", text, "y = 2", f"y = 3\n{comment}") == f"x = 1\ny = 3\n{comment}\nz = 3\n"
    )
    with pytest.raises(ValueError, match="stands for others"):
        applied("a.py", text, "x = 1\ny = 2\nz = 3", f"x = 2\n{comment}")
    whole = f"```py a.py\nx = 1\n{comment}\n{{}}```\n"
    given = {"a.py": text}
    longer = apply_edits(given, read_edits(whole.format("y = 3\nz = 3\n"), given))
    assert longer["a.py"] == f"x = 1\n{comment}\ny = 3\nz = 3\n"
    with pytest.raises(ValueError, match="stands for others"):
        apply_edits(given, read_edits(whole.format(""), given))
