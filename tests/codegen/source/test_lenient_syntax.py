"""What even lenient readers of Dockerfiles and style sheets refuse, and what they take."""

import pytest

from codegen.source.findings import errors_of
from codegen.source.syntax import syntax_findings


@pytest.mark.parametrize(
    ("path", "text", "line", "said"),
    [
        ("Dockerfile", "FRUM python:3.12\nCOPY . .\n", 1, "Perhaps FROM is meant"),
        ("Dockerfile", "FROM a\nRUNN pip install .\n", 2, "Perhaps RUN is meant"),
        ("Dockerfile", "FROM a\nRUN b\n    && c\n", 3, "no instruction"),
        ("Dockerfile", "FROM a\nRUN <<EOF\nx\nEOF\ny z\n", 5, "no instruction"),
        ("Dockerfile", "# a\nRUN b\nFROM c\n", 2, "before any FROM"),
        ("a.css", "body { color: red; }\n.x } { margin: 0; }\n", 2, "closes no open"),
        ("a.css", ".a { color: red;\n.b { margin: 0 }\n", 1, "never closed"),
        ("a.scss", ".a { .b { c: d; } // }\n}\n}\n", 3, "closes no open"),
    ],
)
def test_what_no_reader_takes_is_an_error(path: str, text: str, line: int, said: str) -> None:
    errors = errors_of(syntax_findings(path, text))
    assert [item.line for item in errors] == [line], errors
    assert said in str(errors[0])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "Dockerfile",
            "# syntax=docker/dockerfile:1\nARG V=3\nfrom a:${V} as b\nRUN c \\\n  # why\n\n  && d\n"
            "RUN <<EOF\nfrum x\nEOF\nCOPY <<-'A' <<\"B\" /e/\nf\nA\ng\nB\n"
            "HEALTHCHECK --interval=5s \\\n    CMD h\nONBUILD RUN i\n",
        ),
        ("Dockerfile", "# escape=`\nFROM a\nRUN b `\n    c\nCOPY d e\\\nUSER f\n"),
        ("Dockerfile", "# nothing yet\n"),
        ("Dockerfile", "FROM a\nMAINTAINER b\nSTOPSIGNAL SIGTERM\n"),
        ("a.css", '.a::before { content: "}"; } /* { */\n.b { background: url(x{.png); }\n'),
        ("a.css", ".a\\{b { c: d } @media (e) { .f { g: h } }\n"),
        ("a.css", ".a { content: 'it\\'s {'; }\n"),
        ("a.css", "@import url(https://a.org/b.css);\n.a { .b & { c: d } }\n"),
        ("a.scss", "@mixin a($b) { &-#{$b} { c: d; } } // {\n.e { f: url(http://g/{h}); }\n"),
    ],
)
def test_what_readers_take_is_no_error(path: str, text: str) -> None:
    assert errors_of(syntax_findings(path, text)) == []
