import subprocess
import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.llm.demo.source_layout import assigned, bracketed, call, imported, spread

_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,30}[a-z0-9]", fullmatch=True).map(lambda name: f"v{name}")


def test_what_fits_stays_on_one_line() -> None:
    assert call("make", ["a", "b"]) == "make(a, b)"
    assert bracketed("x = [", ["1"], "]") == "x = [1]"
    assert imported("app.a", ["b", "C", "D_E"]) == "from app.a import D_E, C, b"
    assert spread("x = [", ["a", "for a in b"], "]") == "x = [a for a in b]"
    assert assigned("NAME", '"x"') == 'NAME = "x"'


def test_what_does_not_fit_is_laid_out_item_by_item() -> None:
    long = "x" * 80
    assert call("make", [long, "b"], 4) == f"make(\n        {long},\n        b,\n    )"
    assert bracketed("A = L[", [f'"{long}"'], "]", comma=False) == f'A = L[\n    "{long}"\n]'
    assert imported("app.a", [long]) == f"from app.a import (\n    {long},\n)"
    assert spread("x = [", ["a" * 50, "for a in b" * 4], "]").count("\n") == 3
    assert spread("x = [", ["a" * 40, "for a in " + "b" * 33], "]").count("\n") == 2
    assert assigned("NAME", f'"{long}"') == f'NAME = (\n    "{long}"\n)'
    assert assigned("NAME", f'"{long * 2}"') == f'NAME = "{long * 2}"'


def test_characters_of_uncertain_width_are_laid_out_item_by_item() -> None:
    assert "\n" in call("make", ['"' + "任" * 42 + '"'])
    assert "\n" not in assigned("NAME", '"' + "e\u0301" * 39 + '"')
    assert "\n" in assigned("NAME", '"' + "任" * 40 + '"')


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names=st.lists(_NAMES, min_size=1, max_size=6, unique=True), head=_NAMES)
def test_ruff_leaves_every_layout_as_it_is(names: list[str], head: str) -> None:
    lines = [
        imported(f"app.{head}", names),
        "",
        call(f"{head} = {names[0]}", names),
        bracketed(f"{head} = [", [f'"{name}"' for name in names], "]"),
        bracketed(f"{head} = {names[0]}[", [f'"{names[0]}"'], "]", comma=False),
        spread(f"{head} = [", [f'{names[0]}(a, b)["id"]', f"for a in {names[-1]}"], "]"),
        assigned(head.upper(), '"' + "".join(names)[:80] + '"'),
        f"if {head}:\n    " + call(names[0], names, 4),
    ]
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "-"]
    source = "\n".join(lines) + "\n"
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    assert done.stdout == source
