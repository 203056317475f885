"""Names of packages in their canonical spelling."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.scaffolds.names import bare_name, canonical_name
from core.artifacts.packages import Ecosystem


@pytest.mark.parametrize(
    ("text", "ecosystem", "name"),
    [
        ("SQLAlchemy", "python", "sqlalchemy"),
        ("Flask_Login", "python", "flask-login"),
        ("zope.interface", "python", "zope-interface"),
        ("fastapi>=0.100,<1", "python", "fastapi"),
        (
            " uvicorn[Standard, x_y] ~= 0.3 ; python_version > '3' ",
            "python",
            "uvicorn[standard,x-y]",
        ),
        ("express", "npm", "express"),
        ("express@^4.18.0", "npm", "express"),
        ("@Sveltejs/kit".lower(), "npm", "@sveltejs/kit"),
        ("@types/node@latest", "npm", "@types/node"),
        ("socket.io", "npm", "socket.io"),
        ("github.com/gin-gonic/gin@v1.10.0", "go", "github.com/gin-gonic/gin"),
    ],
)
def test_a_name_has_one_spelling(text: str, ecosystem: Ecosystem, name: str) -> None:
    assert canonical_name(text, ecosystem) == name
    assert canonical_name(name, ecosystem) == name


@pytest.mark.parametrize(
    ("text", "ecosystem", "said"),
    [
        ("", "python", "is no name"),
        ("two words", "python", "is no name"),
        ("-e .", "python", "is no name"),
        ("x @ https://example.org/x.whl", "python", "names an address"),
        ("git+https://example.org/x", "python", "is no name"),
        ("", "npm", "is no name"),
        ("Express", "npm", "is no name"),
        ("../x", "npm", "is no name"),
        ("@scope", "npm", "is no name"),
        ("x" * 215, "npm", "is no name"),
        ("x@git+ssh://example.org/x", "npm", "names an address"),
        ("x@user/repository", "npm", "names an address"),
        ("fmt", "go", "is no Go module"),
    ],
)
def test_what_is_no_name_is_refused(text: str, ecosystem: Ecosystem, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        canonical_name(text, ecosystem)


@given(st.text(max_size=40), st.sampled_from(("python", "npm", "go")))
@example("a[B,b]", "python")
@example("0_", "python")
@example("a[b_]", "python")
def test_a_canonical_name_holds_nothing_else(text: str, ecosystem: Ecosystem) -> None:
    try:
        name = canonical_name(text, ecosystem)
    except ValueError:
        return
    assert canonical_name(name, ecosystem) == name
    assert not set(bare_name(name, ecosystem)) & set(" \t\n\"'\\<>=^!;:$`[]()")
