import pytest

from codegen.source.findings import errors_of
from codegen.source.wholeness import wholeness_findings


@pytest.mark.parametrize(
    "text",
    [
        "import a.b, c as d\nfrom e import f as g\na.b(d, g, print, __file__)\n",
        "def f(a, *b, c=1, **d):\n    return [e for e in (a, b, c, d) if (h := e) and h]\n",
        "class A:\n    x = 1\n    y = x\n    def f(self) -> type:\n        return __class__\n",
        "try:\n    a = 1\nexcept OSError as error:\n    print(error, a)\n",
        "match print:\n    case [x, *y]:\n        print(x, y)\n    case {1: z, **w}:\n"
        "        print(z, w)\n",
        "from a import *\nanything()\n",
        "try:\n    unicode\nexcept NameError:\n    unicode = str\n",
        "globals()['x'] = 1\nprint(x)\n",
        "def f():\n    global late\n    late = 1\n\n\ndef g():\n    return late\n",
        "with open('a') as b, open('c') as (d, e):\n    print(b, d, e)\n",
        "f = lambda x, y=1: x + y\n",
    ],
)
def test_names_that_are_bound_somewhere_are_known(text: str) -> None:
    assert wholeness_findings("a.py", text) == []


def test_a_name_that_nobody_defines_is_an_error_once() -> None:
    text = "from a import b\n\nb(Optional, 1)\nprint(Optional, jsn.dumps(1))\n"
    errors = errors_of(wholeness_findings("a.py", text))
    assert [(item.code, item.line) for item in errors] == [
        ("undefined-name", 3),
        ("undefined-name", 4),
    ]
    assert "'jsn'" in errors[1].message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import os\n\nos\n", 3),
        ("def f(a):\n    b = a\n    b.c\n", 3),
        ("def f(a) -> int:\n    b = a\n    print(b)\n", 3),
        ("class A:\n    def f(self, a: int) -> str:\n        b = a\n", 3),
        ("def f(a):\n    try:\n        a()\n    except OSError:\n        a\n", 5),
        ("def f(a):\n    match a:\n        case 1:\n            a\n", 4),
    ],
)
def test_a_file_that_parses_but_lacks_its_end_is_refused(text: str, line: int) -> None:
    errors = errors_of(wholeness_findings("a.py", text))
    assert [(item.code, item.line) for item in errors] == [("cut-off", line)]


@pytest.mark.parametrize(
    "text",
    [
        "def f(a) -> int:\n    if a:\n        return 1\n    print(a)\n",
        "def f() -> int:\n    while True:\n        print(1)\n",
        "def f(a) -> None:\n    print(a)\n",
        "def f(a) -> NoReturn:\n    exit(a)\n".replace("NoReturn", "'NoReturn'"),
        "def f(a) -> object:\n    print(a)\n    yield a\n",
        "class P(dict):\n    def f(self) -> int: ...\n",
        "def f(a) -> int:\n    print(a)\n    raise KeyError(a)\n",
        "print(1)\n",
        '"""Only a docstring."""\n',
    ],
)
def test_a_file_with_an_end_is_let_through(text: str) -> None:
    assert errors_of(wholeness_findings("a.py", text)) == []
