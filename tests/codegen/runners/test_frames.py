import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.runners.accounts import Ecosystem
from codegen.runners.frames import MAX_FRAMES, mentioned_files, read_frames

KNOWN = frozenset(
    {
        *("app/a.py", "app/(shop)/page.tsx", "src/a.ts", "src/lib/index.ts", "cart/a.go"),
        "web/src/b.js",
    }
)


def places(account: str, ecosystem: Ecosystem = "npm", folder: str = "") -> list[str]:
    frames = read_frames(account, known=KNOWN, folder=folder, ecosystem=ecosystem)
    return [f"{frame.path}:{frame.line}:{frame.function}" for frame in frames]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("app/a.py:5: in price", "app/a.py:5:price"),
        ('  File "app/a.py", line 5, in price', "app/a.py:5:price"),
        ('E     File "app/a.py", line 1', "app/a.py:1:"),
        ("file app/a.py, line 36", "app/a.py:36:"),
        ("    at price (src/a.ts:2:28)", "src/a.ts:2:price"),
        ("    at async Cart.total (src/a.ts:2:28)", "src/a.ts:2:Cart.total"),
        ("    at new Cart (src/a.ts:2:28)", "src/a.ts:2:new Cart"),
        ("    at src/a.ts:6:49", "src/a.ts:6:"),
        ("    at file://src/a.ts:6:49", "src/a.ts:6:"),
        (" ❯ price src/a.ts:7:28", "src/a.ts:7:price"),
        (" ❯ src/a.ts:7:28", "src/a.ts:7:"),
        ("src/a.ts(1,10): error TS2305: no", "src/a.ts:1:"),
        ("app/(shop)/page.tsx(3,5): error TS2304: no", "app/(shop)/page.tsx:3:"),
        ("   ╭─[ src/a.ts:2:54 ]", "src/a.ts:2:"),
        ("src/a.ts:3:5: ERROR: Expected", "src/a.ts:3:"),
        ("file: src/a.ts:3:5", "src/a.ts:3:"),
        ("    SyntaxError: src/a.ts: Unexpected token (2:0)", "src/a.ts:2:"),
        ("cart/a.go:5:9: undefined: missing", "cart/a.go:5:"),
        ("    cart/a.go:15: wrong", "cart/a.go:15:"),
        ("example.com/x/cart.Cart.price(...)\n\tcart/a.go:10 +0x4b", "cart/a.go:10:Cart.price"),
        ("./src/a.ts:3", "src/a.ts:3:"),
    ],
)
def test_every_form_of_a_place_is_read(line: str, place: str):
    assert places(line) == [place]


@pytest.mark.parametrize(
    "line",
    [
        "/environment/lib/x.py:5: in call",
        "    at x (node:internal/y:1:2)",
        "src/other.ts:3:5: ERROR",
        "app/a.py:0: in nothing",
        "12:30:45: in time",
        "",
    ],
)
def test_other_places_are_left_out(line: str):
    assert places(line) == []


def test_where_it_broke_comes_last():
    assert places("at f (src/a.ts:1:1)\nat g (src/a.ts:2:1)") == ["src/a.ts:2:g", "src/a.ts:1:f"]
    short = "app/a.py:1: in f\napp/a.py:2: in g\napp/a.py:2: in g"
    assert places(short, "python") == ["app/a.py:1:f", "app/a.py:2:g"]


def test_files_may_be_named_from_the_folder_the_runner_ran_in():
    assert places("at f (src/b.js:1:1)", folder="web") == ["web/src/b.js:1:f"]
    assert places("at f (web/src/b.js:1:1)", folder="web") == ["web/src/b.js:1:f"]


def test_endless_recursion_gives_the_last_frames():
    account = "".join(f"app/a.py:{n}: in f\n" for n in range(1, 500))
    frames = read_frames(account, known=KNOWN, folder="", ecosystem="python")
    assert (len(frames), frames[-1].line) == (MAX_FRAMES, 499)


@pytest.mark.parametrize(
    ("account", "files"),
    [
        ("cannot import from src/a.ts today", ["src/a.ts"]),
        ("Cannot find module './lib' from", ["src/lib/index.ts"]),
        ('import "../src/a.js" and "./a"', ["src/a.ts"]),
        ("No module named 'app.a'", ["app/a.py"]),
        ("nothing './missing' 'x.y'", []),
    ],
)
def test_files_that_are_only_mentioned_are_found(account: str, files: list[str]):
    found = mentioned_files(account, known=KNOWN, folder="", importer="src/main.ts")
    assert list(found) == files


@given(st.text(max_size=300), st.sampled_from(["python", "npm", "go"]))
def test_any_account_gives_places_of_known_files_only(account: str, ecosystem: Ecosystem):
    for frame in read_frames(account, known=KNOWN, folder="web", ecosystem=ecosystem):
        assert frame.path in KNOWN
    found = mentioned_files(account, known=KNOWN, folder="web", importer="web/src/b.js")
    assert set(found) <= KNOWN
