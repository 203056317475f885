import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.gate import check_source


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "x = 1\n"),
        ("a.json", '{"a": 1}'),
        ("a.toml", 'a = "b"\n'),
        ("a.html", "<p>a"),
        ("a.js", "const a = 1;\n"),
        ("a.xyz", "<<<"),
        ("Dockerfile", "FROM x\n"),
    ],
)
def test_a_file_that_parses_passes(path: str, text: str) -> None:
    check_source(path, text)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("a.py", "x =\n", "'a.py', line 1"),
        ("a.py", "def f(:\n", "line 1"),
        ("a.json", "{", "'a.json' does not parse"),
        ("a.toml", "= 1", "'a.toml' does not parse"),
        ("a.html", "a\0b", "NUL"),
        ("a.js", "const a = ;\n", "'a.js' does not parse: line 1"),
        ("a.yaml", "a: [1\n", "'a.yaml' does not parse"),
    ],
)
def test_a_file_that_does_not_parse_is_refused_by_its_line(path: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_source(path, text)


@given(st.sampled_from(["a.py", "a.json", "a.toml"]), st.text())
def test_any_text_passes_or_is_refused_by_name(path: str, text: str) -> None:
    try:
        check_source(path, text)
    except ValueError as refused:
        assert path in str(refused)  # noqa: PT017 -- only some texts are refused
